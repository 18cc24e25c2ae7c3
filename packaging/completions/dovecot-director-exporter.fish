# fish completion of dovecot-director-exporter: the flags are those that --help names.
complete -c dovecot-director-exporter -f
complete -c dovecot-director-exporter -a "(dovecot-director-exporter --help 2>/dev/null |
  sed -n 's/^  .*\(--[a-z][a-z.-]*\).*/\1/p')"
