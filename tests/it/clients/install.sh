#!/bin/sh
# install.sh FOLDER: installs into it what the clients of this folder need, from PyPI and npm:
# FOLDER/python is a virtual environment, FOLDER/node_modules has the packages of Node.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"

python3 -m venv python
python/bin/python -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"

# The official SDK. Its releases are archives of a build for Python 2, which pip refuses to install;
# the code is in there, and 2to3 turns it into Python 3. What is changed by hand below is where text
# and bytes were one type; none of it changes what is sent.
python3 -m venv old-pip
old-pip/bin/python -m pip install --quiet --disable-pip-version-check pip==23.2.1
mkdir archive
TMPDIR=$PWD/archive old-pip/bin/python -m pip download --quiet --no-clean --no-deps -d archive \
    'qcloud-cos-v4===0.0.26.linux-x86_64' >pip.log 2>&1 || true # it is not to be installed
packages=$(python/bin/python -c 'import site; print(site.getsitepackages()[0])')
cp -r "$(find archive -type d -name qcloud_cos)" "$packages/"
find "$packages/qcloud_cos" -name '*.pyc' -delete
python/bin/python -W ignore -m lib2to3 --write --nobackups "$packages/qcloud_cos" >2to3.log 2>&1
sed -i -e "s/bucket = bucket.encode('utf8')/bucket = bucket/" \
    -e "s/get_secret_id().encode('utf8')/get_secret_id()/" \
    -e "s/hmac.new(secret_key, plain_text,/hmac.new(secret_key, plain_text.encode('utf8'),/" \
    -e "s/sign_hex = hmac_digest + plain_text/sign_hex = hmac_digest + plain_text.encode('utf8')/" \
    -e "s/return sign_base64/return sign_base64.decode('ascii')/" "$packages/qcloud_cos/cos_auth.py"
sed -i -e "s/bucket = bucket.encode('utf8')/bucket = bucket/" \
    -e "s/get_endpoint().rstrip('\/').encode('utf8')/get_endpoint().rstrip('\/')/" \
    "$packages/qcloud_cos/cos_op.py"

cp "$here/package.json" .
npm install --silent --no-audit --no-fund
