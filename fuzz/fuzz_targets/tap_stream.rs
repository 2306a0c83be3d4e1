#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| slicecheck::fuzzing::tap_stream(input));
