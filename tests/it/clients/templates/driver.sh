#!/bin/sh
# A driver in shell: one process per scenario, or one for all with --driver, which needs jq. Your client goes
# into `upload`.

# Uploads $SLICECHECK_FILE; an exit status other than 0 is a claim of failure.
upload() {
    echo "call your client here: $SLICECHECK_ENDPOINT$SLICECHECK_KEY" >&2
    return 1
}

# In a shell of its own, so that nothing stays from one scenario to the next.
claim() (
    [ "$SLICECHECK_OP" = upload ] || exit 89
    upload
)

if [ -n "$SLICECHECK_OP" ]; then
    claim
    exit
fi
# What comes in lines is put where it would be otherwise.
export_words='to_entries | map("export SLICECHECK_" + (.key | ascii_upcase) + "=" + (.value | tostring | @sh)) | .[]'
while read -r line; do
    if [ "$(printf %s "$line" | jq 'has("hello")')" = true ]; then
        echo '{"name":"my driver","version":"1.0"}'
        continue
    fi
    said=$(eval "$(printf %s "$line" | jq -r "$export_words")"; claim 2>&1 >/dev/null)
    case $? in 0) outcome=ok ;; 89) outcome=unsupported ;; *) outcome=api_error ;; esac
    printf %s "$line" | jq -c --arg outcome "$outcome" --arg detail "$said" '{id, $outcome, $detail}'
done
