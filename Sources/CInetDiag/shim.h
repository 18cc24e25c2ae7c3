/* The kernel's socket diagnosis. Its structures alone: everything is done in Swift. */
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

/* The header of the kernel has this structure as well, and clashes with the C library's. */
struct dde_tcp_info {
    __u8 state, ca_state, retransmits, probes, backoff, options, wscale, limits;
    __u32 rto, ato, snd_mss, rcv_mss;
    __u32 unacked, sacked, lost, retrans, fackets;
    __u32 last_data_sent, last_ack_sent, last_data_recv, last_ack_recv;
    __u32 pmtu, rcv_ssthresh, rtt, rttvar, snd_ssthresh, snd_cwnd, advmss, reordering;
    __u32 rcv_rtt, rcv_space;
    __u32 total_retrans;
    __u64 pacing_rate, max_pacing_rate;
    __u64 bytes_acked, bytes_received;
};
