internal import Exposition

/// The families of the exporter itself and its process.
enum ExporterFamilies {
    static let lastKnownDirector = MetricFamily(
        "dovecot_director_exporter_last_known_director_info", .gauge, labels: ["director"],
        help: "1 for the member that this exporter spoke for last, kept while the director is "
            + "down.")
    static let buildInfo = MetricFamily(
        "dovecot_director_exporter_build_info", .gauge,
        labels: ["version", "revision", "swift_version"],
        help: "1, with what the exporter was built from.")
    static let reloadSuccessful = MetricFamily(
        "dovecot_director_exporter_config_last_reload_successful", .gauge,
        help: "1 when the configuration could be read the last time.")
    static let reloadTime = MetricFamily(
        "dovecot_director_exporter_config_last_reload_success_timestamp_seconds", .gauge,
        help: "When the configuration was last read successfully.")
    static let linkProbeUp = MetricFamily(
        "dovecot_director_exporter_link_probe_up", .gauge,
        help: "1 when the kernel's view of all links was found at the last poll; absent with "
            + "--no-director.link-probe.")
    static let eventsPending = MetricFamily(
        "dovecot_director_exporter_events_pending", .gauge,
        help: "Events that the journal has not accepted yet.")
    static let stateWriteFailures = MetricFamily(
        "dovecot_director_exporter_state_write_failures_total", .counter,
        help: "Times that the state directory could not be read or written.")

    static let cpu = MetricFamily(
        "process_cpu_seconds_total", .counter,
        help: "User and system CPU time of the exporter.")
    static let residentMemory = MetricFamily(
        "process_resident_memory_bytes", .gauge, help: "Resident memory of the exporter.")
    static let virtualMemory = MetricFamily(
        "process_virtual_memory_bytes", .gauge, help: "Virtual memory of the exporter.")
    static let virtualMemoryLimit = MetricFamily(
        "process_virtual_memory_max_bytes", .gauge,
        help: "The most virtual memory that the exporter may have; -1 for no limit.")
    static let openDescriptors = MetricFamily(
        "process_open_fds", .gauge, help: "Open file descriptors of the exporter.")
    static let maximumDescriptors = MetricFamily(
        "process_max_fds", .gauge, help: "The most file descriptors that the exporter may have.")
    static let startTime = MetricFamily(
        "process_start_time_seconds", .gauge, help: "When the exporter was started.")

    static let all = [
        lastKnownDirector, buildInfo, reloadSuccessful, reloadTime, linkProbeUp, eventsPending,
        stateWriteFailures, cpu, residentMemory, virtualMemory, virtualMemoryLimit,
        openDescriptors, maximumDescriptors, startTime,
    ]
}
