# tests/parts.sh - for scripts that play several parts: `part NAME COMMAND...` runs one, says what it took, and adds
# the numbers of its last line `N passed, N failed` to the sum; a command without that line counts as one. `sum` ends.
passed=0 failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
begin_all=$(date +%s)

part() {
    name=$1
    shift
    begin=$(date +%s)
    printf '== %s\n' "$name"
    status=0
    "$@" > "$log" 2>&1 || status=$?
    line=$(tail -n 1 "$log")
    took=$(($(date +%s) - begin))
    numbers=$(printf '%s\n' "$line" | sed -n 's/^\([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed$/\1 \2/p')
    if [ -n "$numbers" ]; then
        good=${numbers% *} bad=${numbers#* }
        [ "$status" = 0 ] || [ "$bad" != 0 ] || bad=1
    elif [ "$status" = 0 ]; then
        good=1 bad=0
    else
        good=0 bad=1
    fi
    if [ "$bad" != 0 ]; then
        head -c 60000 "$log"
        [ "$(wc -c < "$log")" -le 60000 ] || { echo ...; tail -n 5 "$log"; }
    else
        tail -n "${LINES_SHOWN:-3}" "$log"
    fi
    printf '   %s: %d s\n' "$name" "$took"
    passed=$((passed + good)) failed=$((failed + bad))
}

sum() {
    printf '== all: %d s\n' "$(($(date +%s) - begin_all))"
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" = 0 ]
}
