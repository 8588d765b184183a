#!/usr/bin/env bash
# Unpacks the newest Erlang and Elixir of Debian into a folder, beside those that are installed, with the libraries that they need. Nothing is
# installed for the whole system. Prints the folder to put in front of PATH.
#
#     PATH="$(scripts/newest-erlang.sh):$PATH" npm test -- 'spec/connectors/erlang/*.spec.ts'
#
# Usage: newest-erlang.sh [SUITE [FOLDER]], by default sid and a new folder in /tmp. Needs Debian's apt and patchelf.
set -euo pipefail

suite=${1:-sid}
folder=${2:-$(mktemp -d /tmp/newest-erlang-XXXXXX)}
root=$folder/root lib=$folder/root/usr/lib/x86_64-linux-gnu

mkdir -p "$folder"/{debs,bin,lists/partial,cache/archives/partial}
cd "$folder/debs"
# The same mirror as the system's.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -E '/debian/?$' | head -n 1)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:?apt has no mirror of Debian} $suite main" >../sources.list
# A world of its own: the lists of the system, and what is installed there, stay as they are.
apt() {
  apt-get -qq -o Dir::Etc::sourcelist="$folder/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$folder/lists" \
    -o Dir::State::status=/dev/null -o Dir::Cache="$folder/cache" -o APT::Sandbox::User="$(id -un)" "$@" >&2
}
apt update
# The libraries, too: programs of a newer Debian do not run with those of an older one.
apt download erlang-base erlang-asn1 erlang-crypto erlang-public-key erlang-ssl elixir \
  libc6 libcap2 libgcc-s1 libgcrypt20 libgpg-error0 liblz4-1 liblzma5 libsctp1 libssl3t64 libstdc++6 libsystemd0 libtinfo6 libzstd1 zlib1g
for deb in *.deb; do dpkg-deb -x "$deb" "$root"; done

erlang=$root/usr/lib/erlang
binaries=$(echo "$erlang"/erts-*/bin)
for file in "$binaries"/*; do
  patchelf --print-interpreter "$file" >/dev/null 2>&1 || continue
  patchelf --set-interpreter "$lib/ld-linux-x86-64.so.2" --set-rpath "$lib" "$file"
done
find "$erlang/lib" -name '*.so' -exec patchelf --set-rpath "$lib" {} +

cat >"$folder/bin/erl" <<END
#!/bin/sh
export ROOTDIR=$erlang BINDIR=$binaries EMU=beam PROGNAME=erl
exec $binaries/erlexec "\$@"
END
chmod +x "$folder/bin/erl"
ln -sf "$binaries/epmd" "$folder/bin/epmd"
ln -sf "$root/usr/lib/elixir/bin/elixir" "$folder/bin/elixir"

PATH=$folder/bin:$PATH
release=$(erl -noshell -noinput -eval 'io:format("~s", [erlang:system_info(otp_release)]), halt(case code:lib_dir(ssl) of {error, _} -> 1; _ -> 0 end).')
echo "OTP $release, $(elixir --version | tail -n 1)" >&2
echo "$folder/bin"
