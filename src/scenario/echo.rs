use super::{PLAIN, Scenario};
use crate::server::{Behaviour, EchoField, Fault, FaultKind, Moment, Times};

pub(super) const SCENARIOS: &[Scenario] = &[DATALEN, DATAMD5, DATAMD5_ALWAYS, OFFSET, SESSION];

const fn echo(fault: &'static [Fault; 1]) -> Scenario {
    Scenario {
        key: "/slicecheck/echo.bin",
        behaviour: Behaviour { faults: fault, ..PLAIN.behaviour },
        control: Some("happy/last-slice-short"),
        ..PLAIN
    }
}

const DATAMD5_ALWAYS: Scenario = Scenario {
    id: "echo/datamd5-always",
    summary: "the reply to the second slice carries the MD5 of something else, each time",
    ..echo(&[Fault {
        at: Moment::Slice(1),
        times: Times::Always,
        kind: FaultKind::Echo(EchoField::Datamd5),
    }])
};

const fn wrong(field: EchoField) -> [Fault; 1] {
    [Fault { at: Moment::Slice(1), times: Times::Once, kind: FaultKind::Echo(field) }]
}

const DATALEN: Scenario = Scenario {
    id: "echo/datalen",
    summary: "the reply to the second slice acknowledges one byte less than was sent, once",
    ..echo(&wrong(EchoField::Datalen))
};

const DATAMD5: Scenario = Scenario {
    id: "echo/datamd5",
    summary: "the reply to the second slice carries the MD5 of something else, once",
    ..echo(&wrong(EchoField::Datamd5))
};

const OFFSET: Scenario = Scenario {
    id: "echo/offset",
    summary: "the reply to the second slice names another offset, once",
    ..echo(&wrong(EchoField::Offset))
};

const SESSION: Scenario = Scenario {
    id: "echo/session",
    summary: "the reply to the second slice names another session, once",
    ..echo(&wrong(EchoField::Session))
};
