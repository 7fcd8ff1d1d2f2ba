# bash completion for ndpproxy(8)
_ndpproxy() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  case $before in
    -c | --config | -p | --pidfile | -S | --socket)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      ;;
    -u | --user)
      mapfile -t COMPREPLY < <(compgen -u -- "$word")
      ;;
    *)
      mapfile -t COMPREPLY < <(compgen -W "-c --config -d --daemon -p --pidfile -S --socket
        -u --user -v --verbose -t --test-config -s --strict -o --offline -V --version
        -h --help" -- "$word")
      ;;
  esac
}
complete -F _ndpproxy ndpproxy
