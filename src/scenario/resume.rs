use super::{Entry, MIB, WITH_SHA, lax, plain, strict};
use crate::server::{
    Behaviour, Fault, Preexisting, Reaction, ReplyEncoding, SessionForm, SliceSize, Storing,
    Trigger,
};

pub(super) fn scenarios() -> Vec<Entry> {
    vec![
        nothing_held(),
        no_listparts(),
        first_held(),
        last_missing(),
        first_missing(),
        hole(),
        all_held(),
        other_slice_size(),
        larger_slices(),
        parts_reversed(),
        parts_repeated(),
        digit_strings(),
        sha_suffixed(),
        with_sha(),
        with_sha_suffixed(),
        with_sha_smaller_slices(),
        finished_meanwhile(),
        partial_part(),
        partial_last_part(),
        opaque_session(),
        special_key(),
        longer_file(),
        shorter_file(),
        serial(),
        conflict(),
    ]
}

const CONTROL: Option<&str> = Some("happy/last-slice-short");

fn first_held() -> Entry {
    Entry {
        id: "resume/init-in-progress",
        summary: "init answers -4019: an interrupted upload has left its first slice",
        key: "/slicecheck/init-in-progress.bin",
        behaviour: Behaviour {
            preexisting: Preexisting::Unfinished(vec![0]),
            ..Behaviour::default()
        },
        control: CONTROL,
        ..plain()
    }
}

fn hole() -> Entry {
    Entry {
        id: "resume/hole-in-the-middle",
        summary: "init answers -4019: first and last of four slices are there",
        // Slices that are sent in parallel arrive in any order, and leave holes [§9.6].
        size: 3 * MIB + 7,
        key: "/slicecheck/hole-in-the-middle.bin",
        behaviour: Behaviour {
            preexisting: Preexisting::Unfinished(vec![0, 3]),
            ..Behaviour::default()
        },
        control: CONTROL,
        ..plain()
    }
}

fn all_held() -> Entry {
    Entry {
        id: "resume/only-finish-missing",
        summary: "init answers -4019: all slices are there, only finish was never sent",
        key: "/slicecheck/only-finish-missing.bin",
        behaviour: Behaviour {
            preexisting: Preexisting::Unfinished(vec![0, 1, 2]),
            ..Behaviour::default()
        },
        control: CONTROL,
        ..plain()
    }
}

fn other_slice_size() -> Entry {
    Entry {
        id: "resume/other-slice-size",
        summary: "init answers -4019: the interrupted upload was cut into smaller slices",
        // The slice_size of the list is the grid of the session [§3.3].
        key: "/slicecheck/other-slice-size.bin",
        behaviour: Behaviour {
            slice_size: SliceSize::Fixed(524_288),
            preexisting: Preexisting::Unfinished(vec![0, 1, 3]),
            ..Behaviour::default()
        },
        control: CONTROL,
        ..plain()
    }
}

fn nothing_held() -> Entry {
    Entry {
        id: "resume/nothing-listed",
        // Of the samples of the page, one is such a list [§2.4].
        summary: "init answers -4019: an interrupted upload has left no slice",
        key: "/slicecheck/nothing-listed.bin",
        behaviour: Behaviour {
            preexisting: Preexisting::Unfinished(vec![]),
            ..Behaviour::default()
        },
        control: CONTROL,
        ..plain()
    }
}

fn no_listparts() -> Entry {
    Entry {
        id: "resume/listparts-absent",
        summary: "init answers -4019: no slice is there, and the list has no listparts",
        key: "/slicecheck/listparts-absent.bin",
        // Java's SDK reckons with a list without them [§2.4].
        behaviour: Behaviour {
            preexisting: Preexisting::Unfinished(vec![]),
            // Once: what was sent since is listed.
            ..strict([Fault::once(
                Trigger::List,
                Reaction::encoded(ReplyEncoding::Without("listparts".to_owned())),
            )])
        },
        control: Some("resume/nothing-listed"),
        ..plain()
    }
}

fn last_missing() -> Entry {
    Entry {
        id: "resume/last-missing",
        summary: "init answers -4019: all slices are there but the last",
        key: "/slicecheck/last-missing.bin",
        behaviour: Behaviour {
            preexisting: Preexisting::Unfinished(vec![0, 1]),
            ..Behaviour::default()
        },
        control: CONTROL,
        ..plain()
    }
}

fn first_missing() -> Entry {
    Entry {
        id: "resume/first-missing",
        summary: "init answers -4019: all slices are there but the first",
        key: "/slicecheck/first-missing.bin",
        behaviour: Behaviour {
            preexisting: Preexisting::Unfinished(vec![1, 2]),
            ..Behaviour::default()
        },
        control: CONTROL,
        ..plain()
    }
}

fn larger_slices() -> Entry {
    Entry {
        id: "resume/larger-slice-size",
        summary: "init answers -4019: the interrupted upload was cut into larger slices",
        key: "/slicecheck/larger-slice-size.bin",
        // The page of the list documents four sizes, of which this is one [§2.4].
        behaviour: Behaviour {
            slice_size: SliceSize::Fixed(2_097_152),
            preexisting: Preexisting::Unfinished(vec![0]),
            ..Behaviour::default()
        },
        control: CONTROL,
        ..plain()
    }
}

fn parts_reversed() -> Entry {
    Entry {
        id: "resume/parts-reversed",
        summary: "init answers -4019: two slices are there, and the second is listed first",
        // All samples are ascending, and an SDK takes the last entry for the furthest [§2.4].
        key: "/slicecheck/parts-reversed.bin",
        behaviour: Behaviour {
            preexisting: Preexisting::Unfinished(vec![0, 1]),
            ..strict([listed(ReplyEncoding::PartsReversed)])
        },
        control: Some("resume/last-missing"),
        ..plain()
    }
}

fn parts_repeated() -> Entry {
    Entry {
        id: "resume/parts-repeated",
        summary: "init answers -4019: two slices are there, and each is listed twice",
        key: "/slicecheck/parts-repeated.bin",
        behaviour: Behaviour {
            preexisting: Preexisting::Unfinished(vec![0, 1]),
            ..strict([listed(ReplyEncoding::PartsRepeated)])
        },
        control: Some("resume/last-missing"),
        ..plain()
    }
}

fn digit_strings() -> Entry {
    Entry {
        id: "resume/digit-strings",
        summary: "init answers -4019: of four slices, first and last are there, and all numbers of the list are \
                  strings of digits",
        // The table of the list types them so [§2.4]: "1048576" is equal to no offset, and sorts before "9".
        size: 3 * MIB + 7,
        key: "/slicecheck/list-digit-strings.bin",
        behaviour: Behaviour {
            preexisting: Preexisting::Unfinished(vec![0, 3]),
            ..strict([listed(ReplyEncoding::DigitStrings)])
        },
        control: Some("resume/hole-in-the-middle"),
        ..plain()
    }
}

fn sha_suffixed() -> Entry {
    Entry {
        id: "resume/sha-with-suffix",
        summary: "init answers -4019: the list has the sha of the file with a suffix",
        // An SDK takes the part before an underscore [§2.4].
        key: "/slicecheck/sha-with-suffix.bin",
        behaviour: Behaviour {
            preexisting: Preexisting::UnfinishedWithSha(vec![0]),
            ..strict([listed(ReplyEncoding::ShaSuffixed)])
        },
        control: Some("resume/init-in-progress"),
        ..plain()
    }
}

fn with_sha() -> Entry {
    Entry {
        id: "resume/with-sha",
        summary: "the client is asked for sha, and init answers -4019: the interrupted upload was begun with \
                  the same sha",
        key: "/slicecheck/resumed-with-sha.bin",
        wishes: WITH_SHA,
        behaviour: Behaviour {
            preexisting: Preexisting::UnfinishedWithSha(vec![0]),
            ..Behaviour::default()
        },
        control: Some("sha/upload"),
        ..plain()
    }
}

// Some clients compare the sha of a list only where they have announced one.
fn with_sha_suffixed() -> Entry {
    Entry {
        id: "resume/with-sha-suffix",
        summary: "the client is asked for sha, and init answers -4019: the list has that sha with a suffix",
        key: "/slicecheck/resumed-with-suffix.bin",
        wishes: WITH_SHA,
        behaviour: Behaviour {
            preexisting: Preexisting::UnfinishedWithSha(vec![0]),
            ..strict([listed(ReplyEncoding::ShaSuffixed)])
        },
        control: Some("resume/with-sha"),
        ..plain()
    }
}

fn with_sha_smaller_slices() -> Entry {
    Entry {
        id: "resume/with-sha-other-slice-size",
        summary: "the client is asked for sha, and init answers -4019: the interrupted upload was cut into \
                  smaller slices",
        // Whatever uploadparts the refused init had: the grid is that of the list [§3.3].
        key: "/slicecheck/resumed-with-sha-smaller.bin",
        wishes: WITH_SHA,
        behaviour: Behaviour {
            slice_size: SliceSize::Fixed(524_288),
            preexisting: Preexisting::UnfinishedWithSha(vec![0, 1, 3]),
            ..Behaviour::default()
        },
        control: Some("sha/upload"),
        ..plain()
    }
}

fn finished_meanwhile() -> Entry {
    Entry {
        id: "resume/finished-meanwhile",
        summary: "init answers -4019, but the file is complete by the time of the list: it is answered with \
              addresses",
        // The seed page leaves this answer to the list out [§3.2].
        key: "/slicecheck/finished-meanwhile.bin",
        behaviour: Behaviour {
            preexisting: Preexisting::Unfinished(vec![0, 1, 2]),
            ..strict([Fault::once(Trigger::Init, Reaction::stored(Storing::Completed))])
        },
        control: Some("happy/last-slice-short"),
        ..plain()
    }
}

fn partial_part() -> Entry {
    Entry {
        id: "resume/partial-part",
        summary: "init answers -4019: of the second slice, only the first half is there",
        // The table calls listed slices complete [§2.4]; who goes by offsets alone loses the rest.
        key: "/slicecheck/partial-part.bin",
        behaviour: Behaviour {
            preexisting: Preexisting::UnfinishedHalved(vec![0, 1]),
            ..Behaviour::default()
        },
        control: Some("resume/init-in-progress"),
        ..plain()
    }
}

fn partial_last_part() -> Entry {
    Entry {
        id: "resume/partial-last-part",
        summary: "init answers -4019: the second slice is missing, and of the last one only the first half is there; \
                  finish does not notice",
        // Shorter than slice_size is a last slice anyway: that it is short of the file is to be reckoned.
        key: "/slicecheck/partial-last-part.bin",
        behaviour: Behaviour { preexisting: Preexisting::UnfinishedHalved(vec![0, 2]), ..lax([]) },
        control: Some("resume/init-in-progress"),
        ..plain()
    }
}

fn opaque_session() -> Entry {
    Entry {
        id: "resume/opaque-session",
        summary: "init answers -4019: the session in the list has characters in it that mean something in forms \
                  and addresses",
        key: "/slicecheck/resume-opaque-session.bin",
        behaviour: Behaviour { session: SessionForm::Reserved, ..first_held().behaviour },
        control: Some("server-choice/opaque-session"),
        ..plain()
    }
}

fn special_key() -> Entry {
    Entry {
        id: "resume/special-key",
        summary: "init answers -4019 for a key with a space, a plus, a percent sign and letters outside of ASCII",
        key: "/slicecheck/wieder aufnehmen/50%25 + ünï 目录.bin",
        behaviour: Behaviour {
            preexisting: Preexisting::Unfinished(vec![0]),
            ..Behaviour::default()
        },
        control: Some("key/unicode"),
        ..plain()
    }
}

fn longer_file() -> Entry {
    Entry {
        id: "resume/longer-file",
        summary: "init answers -4019, but the list is of another file, which is longer; finish would not notice \
                  what is missing",
        // A resume goes on with the same file only, which its length shows at once [§3.3].
        key: "/slicecheck/longer-file.bin",
        behaviour: Behaviour { preexisting: Preexisting::UnfinishedLonger(vec![0]), ..lax([]) },
        control: CONTROL,
        ..plain()
    }
}

fn shorter_file() -> Entry {
    Entry {
        id: "resume/shorter-file",
        summary: "init answers -4019, but the list is of another file, which is shorter; finish would not notice \
                  what is missing",
        // Who takes the length of the list for that of the file leaves the rest out.
        key: "/slicecheck/shorter-file.bin",
        behaviour: Behaviour { preexisting: Preexisting::UnfinishedShorter(vec![0]), ..lax([]) },
        control: CONTROL,
        ..plain()
    }
}

fn serial() -> Entry {
    Entry {
        id: "resume/serial-upload",
        summary: "init answers -4019, and the list asks for one data request at a time: the first of six slices is \
                  there",
        size: 5 * MIB + 7,
        key: "/slicecheck/resume-serial.bin",
        behaviour: Behaviour { serial_upload: Some(true), ..first_held().behaviour },
        control: Some("resume/init-in-progress"),
        ..plain()
    }
}

fn conflict() -> Entry {
    Entry {
        id: "resume/conflict",
        summary: "init answers -4020: another file of the same length is being uploaded, and the list is of it; \
                  finish would not notice",
        key: "/slicecheck/conflict.bin",
        behaviour: Behaviour { preexisting: Preexisting::UnfinishedOther(vec![0]), ..lax([]) },
        control: CONTROL,
        ..plain()
    }
}

fn listed(variant: ReplyEncoding) -> Fault {
    Fault::always(Trigger::List, Reaction::encoded(variant))
}
