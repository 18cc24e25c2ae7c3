# fish completion of dovecot-director-exporter and director-simulator: the flags are those that --help
# names.
for program in dovecot-director-exporter director-simulator
    complete -c $program -a "($program --help 2>/dev/null |
        string match -rg '^  .*(--[a-z][a-z.-]*)')"
end
