# bash completion of dovecot-director-exporter and director-simulator: the flags are those that --help
# names.
_dovecot_director_exporter() {
  local current previous flags
  # A word ends at = and : too, unless bash is asked not to.
  _get_comp_words_by_ref -n =: -c current -p previous
  case $previous in
  --log.level)
    mapfile -t COMPREPLY < <(compgen -W 'debug info warn error' -- "$current")
    return
    ;;
  --log.format)
    mapfile -t COMPREPLY < <(compgen -W 'auto logfmt json journald' -- "$current")
    return
    ;;
  --director.socket | --web.config.file | --scenario | --play)
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
    return
    ;;
  --state.directory)
    mapfile -t COMPREPLY < <(compgen -d -- "$current")
    return
    ;;
  esac
  flags=$("$1" --help 2>/dev/null | sed -n 's/^  .*\(--[a-z][a-z.-]*\).*/\1/p')
  mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$current")
  __ltrim_colon_completions "$current"
}
complete -o default -F _dovecot_director_exporter dovecot-director-exporter director-simulator
