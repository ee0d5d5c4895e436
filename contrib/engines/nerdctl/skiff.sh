# nerdctl, which has no setting for the runtime: copy to /etc/profile.d/skiff.sh, or source it in a shell.
# `nerdctl run` and `nerdctl create` then use Skiff; a --runtime of your own comes later, and wins.
nerdctl() {
  case ${1-} in
    run) shift && command nerdctl run --runtime /usr/local/bin/skiff "$@" ;;
    create) shift && command nerdctl create --runtime /usr/local/bin/skiff "$@" ;;
    *) command nerdctl "$@" ;;
  esac
}
