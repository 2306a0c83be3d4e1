#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| slicecheck::fuzz_targets::campaign(input));
