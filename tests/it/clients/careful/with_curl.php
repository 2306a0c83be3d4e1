<?php
// A client that takes every care, with its forms made and sent by curl's PHP extension.

const ATTEMPTS = 3;
const PAUSE = 200_000; // microseconds
const TIMEOUT = 20; // seconds
const UNFINISHED = -4019;
// Codes of the error table that ask to come again, or that are transient by nature.
const TRANSIENT = [-71, -195, -196, -5997, -20034, -21095, -29302];

/** No usable answer came; the next attempt may bring one. */
class Lost extends Exception
{
}

/** The service said no, with this code, and will say so again. */
class Refused extends Exception
{
}

function word(string $name): string
{
    return getenv("SLICECHECK_$name");
}

function upload(): void
{
    $file = fopen(word('FILE'), 'rb') ?: throw new Refused('the file cannot be read');
    $size = fstat($file)['size'];
    $granted = begin($size);
    $session = $granted['session'] ?? null;
    if ($session === null) {
        return; // an address instead: the object is there already
    }
    // The service's choice, whatever was asked for. Without one it is not for us to guess.
    $step = number($granted['slice_size'] ?? null);
    if ($step === null || $step <= 0) {
        throw new Refused('no slice size was granted');
    }
    $held = [];
    foreach ($granted['listparts'] ?? [] as $part) {
        $held[number($part['offset']) . ' ' . number($part['datalen'])] = true;
    }
    for ($offset = 0; $offset < $size; $offset += $step) {
        $length = min($step, $size - $offset);
        if (isset($held["$offset $length"])) {
            continue;
        }
        $content = stream_get_contents($file, $length, $offset);
        if ($content === false || strlen($content) !== $length) {
            throw new Refused('the file has become shorter');
        }
        persist(fn () => send($session, $offset, $content));
    }
    persist(function () use ($session, $size) {
        $data = call(['op' => 'upload_slice_finish', 'session' => $session, 'filesize' => $size]);
        if (!isset($data['access_url'])) {
            throw new Lost('finish succeeded without an address');
        }
    });
}

/** Opens an upload, or takes up the one that is open. */
function begin(int $size): array
{
    try {
        $init = ['op' => 'upload_slice_init', 'filesize' => $size, 'slice_size' => word('SLICE_SIZE')];
        return session_or_address($init);
    } catch (Refused $error) {
        if ($error->getCode() !== UNFINISHED) {
            throw $error;
        }
    }
    $granted = session_or_address(['op' => 'upload_slice_list']);
    if ((number($granted['filesize'] ?? null) ?? $size) !== $size) {
        throw new Refused('an upload of another file is open', UNFINISHED);
    }
    return $granted;
}

function session_or_address(array $fields): array
{
    return persist(function () use ($fields) {
        $data = call($fields);
        if (!is_string($data['session'] ?? null) && !isset($data['access_url'])) {
            throw new Lost('neither a session nor an address');
        }
        return $data;
    });
}

function send(string $session, int $offset, string $content): void
{
    $file = new CURLStringFile($content, 'slice');
    $fields = ['op' => 'upload_slice_data', 'session' => $session, 'offset' => $offset];
    $data = call($fields + ['filecontent' => $file]);
    $acknowledged = [$data['session'] ?? null, number($data['offset'] ?? null), number($data['datalen'] ?? null)];
    if ($acknowledged !== [$session, $offset, strlen($content)]) {
        throw new Lost('another slice is acknowledged: ' . json_encode($data));
    }
    // Replies of 2016 have none.
    if (($data['datamd5'] ?? md5($content)) !== md5($content)) {
        throw new Lost('other bytes are acknowledged');
    }
}

/** Posts a form and returns data of a reply whose code is 0. */
function call(array $fields): array
{
    $path = word('APPID') . '/' . word('BUCKET') . word('KEY');
    $curl = curl_init(word('ENDPOINT') . '/files/v2/' . implode('/', array_map('rawurlencode', explode('/', $path))));
    curl_setopt_array($curl, [
        CURLOPT_POSTFIELDS => $fields,
        CURLOPT_HTTPHEADER => ['Authorization: ' . signature()],
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => TIMEOUT,
    ]);
    $body = curl_exec($curl);
    if ($body === false) {
        throw new Lost(curl_error($curl));
    }
    $reply = json_decode($body, true);
    $code = is_array($reply) ? number($reply['code'] ?? null) : null;
    if ($code === null || in_array($code, TRANSIENT, true)) {
        throw new Lost($body);
    }
    if ($code !== 0) {
        throw new Refused($body, $code);
    }
    if (curl_getinfo($curl, CURLINFO_RESPONSE_CODE) !== 200 || !is_array($reply['data'] ?? null)) {
        throw new Lost($body);
    }
    return $reply['data'];
}

/** What is a number in every reply is a string of digits on some pages. */
function number(mixed $value): ?int
{
    if (is_string($value)) {
        $value = filter_var($value, FILTER_VALIDATE_INT);
    }
    return is_int($value) ? $value : null;
}

/** Does what may succeed the next time up to three times. */
function persist(callable $attempt): mixed
{
    for ($left = ATTEMPTS - 1;; $left--) {
        try {
            return $attempt();
        } catch (Lost $error) {
            if ($left === 0) {
                throw $error;
            }
        }
        usleep(PAUSE);
    }
}

function signature(): string
{
    $now = time();
    $who = 'a=' . word('APPID') . '&b=' . word('BUCKET') . '&k=' . word('SECRET_ID');
    $clear = "$who&e=" . ($now + 600) . "&t=$now&r=" . random_int(0, 2 ** 31 - 1) . '&f=';
    return base64_encode(hash_hmac('sha1', $clear, word('SECRET_KEY'), true) . $clear);
}

// Neither of the wishes is known here.
if (word('OP') !== 'upload' || getenv('SLICECHECK_SHA') || getenv('SLICECHECK_INSERT_ONLY') !== false) {
    exit(89);
}
try {
    upload();
} catch (Lost | Refused $error) {
    fwrite(STDERR, $error->getMessage() . "\n");
    exit(1);
}
