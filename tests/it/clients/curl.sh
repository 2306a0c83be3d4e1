#!/bin/sh
# A client of curl and openssl, as one would write it with the documents at hand: it heeds `code`,
# keeps to the slice_size of the reply, and says so if it fails. It does not try again, resume, or
# look at what a slice's reply acknowledges: what that costs is for the suite to say.
set -eu

[ "$SLICECHECK_OP" = upload ] || exit 89

fail() {
    printf "%s\n" "$1" >&2
    exit 1
}

# HMAC-SHA1 of the clear text, and the clear text, in base64; valid for ten minutes.
signature() {
    now=$(date +%s)
    random=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
    clear="a=$SLICECHECK_APPID&b=$SLICECHECK_BUCKET&k=$SLICECHECK_SECRET_ID"
    clear="$clear&e=$((now + 600))&t=$now&r=$random&f="
    {
        printf %s "$clear" | openssl dgst -sha1 -hmac "$SLICECHECK_SECRET_KEY" -binary
        printf %s "$clear"
    } | openssl base64 -A
}

# Every byte but the slashes is escaped: that is allowed, and simpler than to know which must be.
path=$(printf %s "$SLICECHECK_KEY" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g; s/%2f/\//g')
url=$SLICECHECK_ENDPOINT/files/v2/$SLICECHECK_APPID/$SLICECHECK_BUCKET$path

# One field of the reply; empty if it is not there, as in a page of HTML.
number() { printf %s "$reply" | sed -n "s/.*\"$1\":\(-\{0,1\}[0-9]\{1,\}\).*/\1/p"; }
string() { printf %s "$reply" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

# Posts a form. A reply counts only if it came whole and its code is 0, whatever the HTTP status.
post() {
    reply=$(curl --silent --show-error --max-time 20 --header "Authorization: $(signature)" \
        "$@" "$url") || fail "no reply"
    [ "$(number code)" = 0 ] || fail "refused: $reply"
}

size=$(($(wc -c <"$SLICECHECK_FILE")))
post -F op=upload_slice_init -F "filesize=$size" -F "slice_size=$SLICECHECK_SLICE_SIZE"
session=$(string session)
slice_size=$(number slice_size)
if [ -z "$session" ] || [ "${slice_size:-0}" -le 0 ]; then fail "no session: $reply"; fi

slice=$(mktemp)
trap 'rm -f "$slice"' EXIT

# --form-string: in a value of -F a semicolon would begin options of curl's.
index=0
while [ $((index * slice_size)) -lt "$size" ]; do
    dd if="$SLICECHECK_FILE" of="$slice" bs="$slice_size" skip="$index" count=1 2>/dev/null
    post -F op=upload_slice_data --form-string "session=$session" \
        -F "offset=$((index * slice_size))" -F "filecontent=@$slice"
    index=$((index + 1))
done

post -F op=upload_slice_finish --form-string "session=$session" -F "filesize=$size"
