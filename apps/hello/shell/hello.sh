#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# The small app of docs/api/languages.md as a shell script: bk-connect busybox sh hello.sh
#
# The connection to the system is standard input and output; what the app has to tell goes to standard error. It takes
# a shell whose `read` has -d, as POSIX says since 2024: busybox and bash do, dash does not yet.

post='{"method":"io.bulkhead.Notification.Post","parameters":{"title":"Hello from a shell","body":"%s","buttons":[
    {"id":"again","label":"Again"},{"id":"done","label":"Done"}]}}'

say() {
    printf '%s\n' "$*" >&2
}

fail() {
    say "$@"
    exit 1
}

# call MESSAGE: the answer is in $reply.
call() {
    printf '%s\0' "$1" || fail 'lost the system'
    IFS= read -r -d '' reply || fail 'lost the system' # takes no byte of what comes behind it
}

# must MESSAGE: the same, for what is not refused.
must() {
    call "$1"
    ! text error || fail "the system refused: $value"
}

# member NAME: what stands behind that name in $reply is in $value; false when there is none.
# Within a text each quote has a backslash before it, so what looks like a member is one. It must stand there without
# blanks, as the system writes, and come first.
member() {
    value=${reply#*\""$1"\":}
    [ "$value" != "$reply" ]
}

# text NAME: a member that is a text, up to its first quote. Escapes stay as they are: ids and names have none.
text() {
    member "$1" || return
    case $value in
    '"'*) value=${value#?} value=${value%%\"*} ;;
    *) return 1 ;;
    esac
}

introspect() {
    must '{"method":"org.varlink.service.GetInfo"}'
    text product && product=$value
    text version && say "$product $value"
    member interfaces
    list=${value%%]*}
    while [ "$list" != "${list#*\"}" ]; do
        list=${list#*\"}
        say "  ${list%%\"*}"
        list=${list#*\"}
    done
    must '{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"io.bulkhead.Notification"}}'
    methods=
    while [ "$reply" != "${reply#*\\nmethod }" ]; do
        reply=${reply#*\\nmethod }
        methods="$methods ${reply%%(*}"
    done
    say "methods:$methods"
}

# ask BODY: true when the person wants to be asked again. In the body quotes and backslashes have a backslash before them.
ask() {
    # shellcheck disable=SC2059
    must "$(printf "$post" "$1")"
    member id && say "posted ${value%%[,\}]*}"
    must '{"method":"io.bulkhead.Notification.Watch"}'
    text button || value=nothing
    say "pressed $value"
    [ "$value" = again ]
}

introspect
body='Shall I ask again?'
while ask "$body"; do
    body='You pressed \"Again\".'
done

call '{"method":"io.bulkhead.Location.Watch","parameters":{"accuracy":"coarse"}}'
if text error; then
    case $value in
    org.varlink.service.PermissionDenied) say 'location: I may not know' ;;
    org.varlink.service.MethodNotFound) say 'location: this system has no such thing' ;;
    io.bulkhead.Location.NoSource) say 'location: nobody knows' ;;
    *) say "location: $value" ;;
    esac
else
    member latitude && latitude=${value%%[,\}]*}
    member longitude && printf 'location: %.2f %.2f\n' "$latitude" "${value%%[,\}]*}" >&2
fi
