#!/bin/sh
# Two people on two servers become friends, and one reads what the other thought before:  story.sh URL URL
#
# Every command is shown before it runs, so this is what it looks like for them. Ends with 0 only if all of it came true.
set -eu
a=$1 b=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tag=$(od -An -N3 -tx1 /dev/urandom | tr -d ' \n')
alice=alice-$tag bob=bob-$tag

# as WHO COMMAND...: what that person types.
as() {
    who=$1
    shift
    printf '\n%s$ thoughts' "${who%-*}"
    for word; do
        case $word in *' '*) printf ' "%s"' "$word" ;; *) printf ' %s' "$word" ;; esac
    done
    printf '\n'
    THOUGHTS_DATA=$folder/$who thoughts "$@"
}

# id_of WHO: the Matrix id of that person.
id_of() {
    THOUGHTS_DATA=$folder/$1 thoughts --json whoami | sed 's/.*"user_id":"\([^"]*\)".*/\1/'
}

# until_shown TEXT WHO COMMAND...: repeats the command until it shows the text, and shows it once more then.
until_shown() {
    text=$1 who=$2
    shift 2
    tries=0
    until THOUGHTS_DATA=$folder/$who thoughts "$@" | grep -q "$text"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 60 ]; then
            echo "never seen: $text" >&2
            exit 1
        fi
        sleep 1
    done
    as "$who" "$@"
}

echo 'alice has a server of her own:'
echo "password of $alice" | as "$alice" register "$a" "$alice" --password-stdin
as "$alice" post 'It rained all day, and the garden drank.' --title Rain --tag garden
as "$alice" post 'The tomatoes are in.' --title Spring --tag garden
as "$alice" post 'I still think about that book.'

echo
echo 'bob is on another one:'
echo "password of $bob" | as "$bob" register "$b" "$bob" --password-stdin
as "$bob" friend request "$(id_of "$alice")" --message 'We met at the market.'

echo
echo 'alice sees who asks, and says yes:'
until_shown "$bob" "$alice" friends
as "$alice" friend accept "$(id_of "$bob")"

echo
echo 'and bob reads what she thought before they met:'
until_shown 'garden drank' "$bob" read "$(id_of "$alice")"

echo
echo 'they are friends no more; what she thinks now is not for him:'
as "$alice" friend remove "$(id_of "$bob")"
as "$alice" post 'Nobody at the market needs to know this.'
if THOUGHTS_DATA=$folder/$bob thoughts read "$(id_of "$alice")" | grep 'needs to know'; then
    echo 'bob has read it' >&2
    exit 1
fi
echo
echo 'The story came true.'
