//! The documented host names, for one client alone: they lead to the emulated service, and the file of
//! the machine stays as it is.

use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::fs;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::leftovers::Leftover;
use super::{HarnessError, lock};

/// Regions of the service, each with a host of its own [§1].
const REGIONS: [&str; 9] = ["tj", "bj", "sh", "gz", "cd", "sgp", "hk", "ca", "ger"];

/// What clients that know no other endpoint call the service [SEED L3].
pub(super) const DOCUMENTED_HOST: &str = "gz.file.myqcloud.com";

/// The ports of HTTP and HTTPS.
pub(super) const PORTS: [u16; 2] = [80, 443];

/// The file that names are looked up in.
const FILE: &str = "/etc/hosts";

/// A way to start a program that sees another [`FILE`].
#[derive(Clone, Copy, Debug)]
struct Namespace {
    /// What enters it.
    enter: &'static [&'static str],
    /// What gives up the rights that it took.
    leave: &'static [&'static str],
}

/// The least intrusive first: as root, as the same user, and as a user who is root in a namespace of its
/// own.
const NAMESPACES: [Namespace; 3] = [
    Namespace { enter: &["unshare", "--mount"], leave: &[] },
    Namespace {
        enter: &["unshare", "--user", "--map-current-user", "--keep-caps", "--mount"],
        leave: &["setpriv", "--ambient-caps=-all", "--inh-caps=-all", "--"],
    },
    Namespace { enter: &["unshare", "--user", "--map-root-user", "--mount"], leave: &[] },
];

/// What is run in the namespace: it gets the other file, and then the program and its arguments.
const SCRIPT: &str = "mount --bind \"$0\" /etc/hosts && exec \"$@\"";

/// The last byte of an address of which scenarios have one each.
const ADDRESSES: std::ops::RangeInclusive<u8> = 1..=254;

/// How many runs at the same time are reckoned with whose processes have numbers that follow each other, or
/// differ by a multiple of all blocks that there are.
const MOST_BLOCKS: u32 = 64;

/// How clients find the service by its documented names.
#[derive(Clone, Debug)]
pub struct Hosts(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    way: Way,
    free: Mutex<Vec<Ipv4Addr>>,
    /// As many as there are addresses.
    permits: Arc<Semaphore>,
}

#[derive(Debug)]
enum Way {
    /// Each scenario has a loopback address of its own, and each client a file that names it.
    Own { namespace: Namespace, folder: Leftover, _guard: Option<TcpListener> },
    /// The file of the machine names the one address that there is.
    Machine,
}

/// The address of one scenario. Another scenario gets it when this is dropped.
#[derive(Debug)]
pub(super) struct LeasedAddress {
    address: Ipv4Addr,
    hosts: Hosts,
    _permit: OwnedSemaphorePermit,
}

impl Hosts {
    /// Finds out how a client can be told, and whether the ports can be had.
    pub fn new() -> Result<Self, HarnessError> {
        let shared = match Self::own_file() {
            Ok(shared) => shared,
            Err(why) => Self::file_of_the_machine(&why)?,
        };
        // Tried once, before any client is started: otherwise each scenario would fail with the same
        // error.
        for address in lock(&shared.free).last().copied().map(addresses).into_iter().flatten() {
            TcpListener::bind(address).map_err(|error| HarnessError::socket(address, &error))?;
        }
        Ok(Self(Arc::new(shared)))
    }

    /// How many scenarios can run at the same time.
    pub(super) fn most_jobs(&self) -> usize {
        match self.0.way {
            Way::Own { .. } => ADDRESSES.count(),
            Way::Machine => 1,
        }
    }

    /// An address for one scenario, as soon as there is one.
    pub(super) async fn place(&self) -> Result<LeasedAddress, HarnessError> {
        let none = || HarnessError::Tap("no address is left".to_owned());
        let permit = Arc::clone(&self.0.permits).acquire_owned().await.map_err(|_| none())?;
        // There are as many addresses as permits: who has the one finds the other.
        let address = lock(&self.0.free).pop().ok_or_else(none)?;
        // From here on an error gives the address back.
        let place = LeasedAddress { address, hosts: self.clone(), _permit: permit };
        if let Way::Own { folder, .. } = &self.0.way {
            let file = folder.path().join(address.to_string());
            write(&file, address).map_err(|error| {
                HarnessError::Machine(format!("cannot write {}: {error}", file.display()))
            })?;
        }
        Ok(place)
    }

    /// A namespace for each client, if the kernel permits them; otherwise what it says.
    fn own_file() -> Result<Shared, String> {
        let folder = Leftover::folder().map_err(|error| error.to_string())?;
        let Block { network: [high, low], guard } = Block::free(std::process::id(), PORTS[0]);
        let address = |last| Ipv4Addr::new(127, high, low, last);
        let free: Vec<_> = ADDRESSES.rev().map(address).collect();
        let (file, tried) = (folder.path().join("tried"), address(*ADDRESSES.start()));
        write(&file, tried).map_err(|error| error.to_string())?;
        let mut why = String::new();
        for namespace in NAMESPACES {
            match look_up(namespace, &file, tried) {
                Ok(()) => {
                    let way = Way::Own { namespace, folder, _guard: guard };
                    return Ok(Shared::new(way, free));
                }
                Err(error) => why = error,
            }
        }
        Err(why)
    }

    /// What somebody has written into the file of the machine.
    fn file_of_the_machine(why: &str) -> Result<Shared, HarnessError> {
        let text = fs::read_to_string(FILE).unwrap_or_default();
        let Some(address) = address_of(DOCUMENTED_HOST, &text) else {
            return Err(HarnessError::Attach(format!(
                "--via hosts: the client cannot be given a hosts file of its own ({why}); add this line \
                 to {FILE} for as long as you need it, and scenarios run one at a time:\n{}",
                line(Ipv4Addr::LOCALHOST)
            )));
        };
        Ok(Shared::new(Way::Machine, vec![address]))
    }
}

/// The addresses of one run: other runs on this machine have others.
struct Block {
    /// The second and the third byte of all of them.
    network: [u8; 2],
    /// As long as it listens, no other run takes this block; `None` where it may not listen.
    guard: Option<TcpListener>,
}

impl Block {
    /// The first that no other run has taken; where to begin is up to the number of this process.
    fn free(process: u32, port: u16) -> Self {
        let network = |step| {
            let [.., high, low] = process.wrapping_add(step).to_be_bytes();
            [64 | (high & 0x3f), low]
        };
        for network in (0..MOST_BLOCKS).map(network) {
            // None of the addresses that scenarios have.
            let address = Ipv4Addr::new(127, network[0], network[1], 0);
            match TcpListener::bind((address, port)) {
                Ok(guard) => return Self { network, guard: Some(guard) },
                Err(error) if error.kind() == ErrorKind::AddrInUse => {}
                Err(_) => break,
            }
        }
        // Whoever has the port everywhere, or forbids it, is told of with the first address that a scenario
        // would have.
        Self { network: network(0), guard: None }
    }
}

impl Shared {
    fn new(way: Way, free: Vec<Ipv4Addr>) -> Self {
        let permits = Arc::new(Semaphore::new(free.len()));
        Self { way, free: Mutex::new(free), permits }
    }
}

fn addresses(address: Ipv4Addr) -> [SocketAddr; 2] {
    PORTS.map(|port| SocketAddr::new(IpAddr::V4(address), port))
}

impl LeasedAddress {
    pub(super) fn addresses(&self) -> [SocketAddr; 2] {
        addresses(self.address)
    }

    /// What comes before the command of a client, so that it finds the service here.
    pub(super) fn wrapper(&self) -> Vec<OsString> {
        match &self.hosts.0.way {
            Way::Own { namespace, folder, .. } => {
                wrapper(*namespace, &folder.path().join(self.address.to_string()))
            }
            Way::Machine => Vec::new(),
        }
    }
}

impl Drop for LeasedAddress {
    fn drop(&mut self) {
        // The permit is a field, and is given back after this: who gets it finds the address here.
        lock(&self.hosts.0.free).push(self.address);
    }
}

fn wrapper(Namespace { enter, leave }: Namespace, file: &Path) -> Vec<OsString> {
    // The shell becomes the program (exec), whose status and signals are then those of the client.
    let enter = enter.iter().chain(&["--", "sh", "-c", SCRIPT]).map(OsString::from);
    enter.chain([file.into()]).chain(leave.iter().map(OsString::from)).collect()
}

/// Whether a program that is started like this finds the documented host at this address.
fn look_up(namespace: Namespace, file: &Path, address: Ipv4Addr) -> Result<(), String> {
    let words = wrapper(namespace, file);
    let mut words = words.iter().map(OsString::as_os_str);
    let found = Command::new(words.next().unwrap_or(OsStr::new("unshare")))
        .args(words)
        .args(["getent", "hosts", DOCUMENTED_HOST])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("unshare: {error}"))?;
    let text = String::from_utf8_lossy(&found.stdout);
    if text.split_whitespace().next() == Some(address.to_string().as_str()) {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&found.stderr);
    Err(match said.lines().next() {
        Some(line) => line.to_owned(),
        None => "names are not looked up in it".to_owned(),
    })
}

/// The line of the names, and what the machine knows besides: of two lines, the first counts.
fn write(file: &Path, address: Ipv4Addr) -> std::io::Result<()> {
    let others = fs::read_to_string(FILE).unwrap_or_default();
    fs::write(file, format!("{}\n{others}", line(address)))
}

fn line(address: Ipv4Addr) -> String {
    let mut line = address.to_string();
    for region in REGIONS {
        // Writing to a string does not fail.
        let _ = write!(line, " {region}.file.myqcloud.com");
    }
    line
}

/// The loopback address that a hosts file names for a host.
fn address_of(host: &str, text: &str) -> Option<Ipv4Addr> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    let mut lines = lines.map(str::split_whitespace);
    let address = lines.find_map(|mut words| {
        let address = words.next()?.parse::<Ipv4Addr>().ok()?;
        words.any(|word| word.eq_ignore_ascii_case(host)).then_some(address)
    });
    // Nothing but loopback is listened on (only the plan is where the user says).
    address.filter(Ipv4Addr::is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_whose_processes_have_alike_numbers_have_other_addresses() {
        let any = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = any.local_addr().expect("its address").port();
        let block = |process| Block::free(process, port);
        let first = block(7);
        let same = block(7 + (1 << 14));
        assert_eq!((first.network, same.network), ([64, 7], [64, 8]));
        assert!(first.guard.is_some());
        // It is free again once the run has ended.
        drop(first);
        assert_eq!(block(7).network, [64, 7]);
        // Somebody who listens everywhere is no other run.
        drop((any, same));
        let everywhere = TcpListener::bind(("0.0.0.0", port)).expect("the same port");
        let block = block(7);
        assert!(block.network == [64, 7] && block.guard.is_none());
        drop(everywhere);
    }

    #[test]
    fn the_line_that_is_advised_is_the_line_that_is_found() {
        let text = format!("# {0}\n::1 localhost\n{0} # for a while\n", line(Ipv4Addr::LOCALHOST));
        assert_eq!(address_of(DOCUMENTED_HOST, &text), Some(Ipv4Addr::LOCALHOST));
        assert_eq!(address_of("web.file.myqcloud.com", &text), None);
        // A host of somebody else is none of ours.
        assert_eq!(address_of(DOCUMENTED_HOST, "192.0.2.7 gz.file.myqcloud.com"), None);
    }
}
