#compdef ndpproxy
# zsh completion for ndpproxy(8)
_arguments -s \
  '(-c --config)'{-c,--config}'[read FILE]:configuration file:_files' \
  '(-d --daemon)'{-d,--daemon}'[run in the background]' \
  '(-p --pidfile)'{-p,--pidfile}'[write the process ID to FILE]:pid file:_files' \
  '(-S --socket)'{-S,--socket}'[create the control socket at PATH]:socket:_files' \
  '(-u --user)'{-u,--user}'[run as USER]:user:_users' \
  '*'{-v,--verbose}'[log more]' \
  '(-t --test-config)'{-t,--test-config}'[check the configuration and exit]' \
  '(-s --strict)'{-s,--strict}'[treat warnings as errors]' \
  '(-o --offline)'{-o,--offline}'[do not check the interfaces of this host]' \
  '(- *)'{-V,--version}'[print version and license, and exit]' \
  '(- *)'{-h,--help}'[print help and exit]'
