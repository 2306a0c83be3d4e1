<?php
// A driver in PHP: one process per scenario, or one for all with --driver. Your client goes into `upload`.

/** Uploads the file at $words['file']; an exception is a claim of failure. */
function upload(array $words): void
{
    throw new Exception("call your client here: {$words['endpoint']}{$words['key']}");
}

function claim(array $words): array
{
    if ($words['op'] !== 'upload') {
        return ['outcome' => 'unsupported'];
    }
    try {
        upload($words);
        return ['outcome' => 'ok'];
    } catch (Throwable $error) {
        return ['outcome' => 'api_error', 'detail' => $error->getMessage()];
    }
}

if (getenv('SLICECHECK_OP') !== false) {
    $words = [];
    foreach (getenv() as $name => $value) {
        $words[strtolower(str_replace('SLICECHECK_', '', $name))] = $value;
    }
    $said = claim($words);
    echo json_encode($said), "\n";
    exit(['ok' => 0, 'unsupported' => 89][$said['outcome']] ?? 1);
}
while (($line = fgets(STDIN)) !== false) {
    $words = json_decode($line, true);
    $hello = ['name' => 'my driver', 'version' => '1.0'];
    echo json_encode(isset($words['hello']) ? $hello : ['id' => $words['id']] + claim($words)), "\n";
}
