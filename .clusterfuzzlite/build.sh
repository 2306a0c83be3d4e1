#!/bin/bash -eu
# ClusterFuzzLite calls this in its image: the fuzz targets, and the seeds and the dictionary of each, go to $OUT.
cd "$SRC/slicecheck"
cargo fuzz build -O
for target in $(cargo fuzz list); do
    cp "fuzz/target/x86_64-unknown-linux-gnu/release/$target" "$OUT/"
    cp "fuzz/dict/$target.dict" "$OUT/"
    if [[ -d fuzz/corpus/$target ]]; then
        (cd "fuzz/corpus/$target" && zip --quiet --recurse-paths "$OUT/${target}_seed_corpus.zip" .)
    fi
done
