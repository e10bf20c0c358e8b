//! Handshakes in memory: who is let in, and what is said to whom if not.

use std::fs;
use std::io;
use std::path::PathBuf;

use fixtures::certs::{Authority, Pem, Subject, Validity};
use tls::rustls::pki_types::ServerName;
use tls::{ClientFiles, LoadError, ServerFiles, TlsAcceptor, TlsConnector, VIEWER, name_of, of_dialled, of_robot};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

/// A folder with PEM files, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("robot-vision-tls-{test}-{}", std::process::id()));
        _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect(WRITABLE);
        Self(dir)
    }

    fn put(&self, name: &str, pem: &Pem) {
        fs::write(self.path(name), &pem.cert).expect(WRITABLE);
        fs::write(self.path(&format!("{name}-key")), &pem.key).expect(WRITABLE);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.pem"))
    }

    fn server(&self, name: &str, client_ca: Option<&str>) -> ServerFiles {
        let (cert, key) = (self.path(name), self.path(&format!("{name}-key")));
        ServerFiles { cert, key, client_ca: client_ca.map(|ca| self.path(ca)) }
    }

    fn client(&self, ca: &str, name: Option<&str>) -> ClientFiles {
        let identity = name.map(|name| (self.path(name), self.path(&format!("{name}-key"))));
        ClientFiles { ca: self.path(ca), identity }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

/// An authority `ca` with a viewer and the robot `left`, an authority `other`, and what is wrong in some way.
fn folder(test: &str) -> Folder {
    let folder = Folder::new(test);
    let (ca, other) = (Authority::new("ca").expect(RANDOM), Authority::new("other").expect(RANDOM));
    let hosts = ["pc.local".to_owned(), "192.168.1.20".to_owned()];
    for (authority, viewer, robot) in [(&ca, "viewer", "left"), (&other, "other-viewer", "other-left")] {
        folder.put(viewer, &authority.sign(Subject::Viewer(&hosts), Validity::Current).expect(RANDOM));
        folder.put(robot, &authority.sign(Subject::Robot("left"), Validity::Current).expect(RANDOM));
    }
    folder.put("expired-viewer", &ca.sign(Subject::Viewer(&hosts), Validity::Expired).expect(RANDOM));
    folder.put("expired-left", &ca.sign(Subject::Robot("left"), Validity::Expired).expect(RANDOM));
    folder.put("ca", &ca.pem);
    folder.put("other", &other.pem);
    folder
}

/// What both ends make of a handshake and a byte in each direction.
async fn connect(server: ServerFiles, client: ClientFiles, host: &'static str) -> (io::Result<String>, io::Result<()>) {
    let contents = server.read().expect(USABLE);
    let (acceptor, connector) =
        (TlsAcceptor::from(server.config(&contents).expect(USABLE)), client.load().expect(USABLE));
    let (there, here) = duplex(64 * 1024);
    let serve = async {
        let mut stream = acceptor.accept(there).await?;
        stream.write_all(b"x").await?;
        stream.flush().await?;
        let name = stream.get_ref().1.peer_certificates().and_then(|chain| name_of(&chain[0]));
        Ok(name.unwrap_or_default())
    };
    let dial = async {
        let mut stream =
            TlsConnector::from(connector).connect(ServerName::try_from(host).expect("it is a name"), here).await?;
        stream.read_exact(&mut [0]).await.map(drop)
    };
    tokio::join!(serve, dial)
}

#[tokio::test]
async fn a_robot_whose_certificate_is_known_comes_in_under_its_name() {
    let folder = folder("known");
    let (name, dialled) =
        connect(folder.server("viewer", Some("ca")), folder.client("ca", Some("left")), "pc.local").await;
    dialled.unwrap();
    assert_eq!(name.unwrap(), "left");
    // Without an authority for robots nobody is asked for a name.
    let (name, dialled) = connect(folder.server("viewer", None), folder.client("ca", None), "192.168.1.20").await;
    dialled.unwrap();
    assert_eq!(name.unwrap(), "");
}

#[tokio::test]
async fn each_end_says_what_is_wrong_with_the_other() {
    let folder = folder("wrong");
    let cases = [
        (
            "viewer",
            None,
            "other",
            None,
            "pc.local",
            "does not know who signed",
            "not signed by the authority in --tls-ca",
        ),
        ("expired-viewer", None, "ca", None, "pc.local", "has expired", "certificate expired 1 day ago"),
        ("viewer", None, "ca", None, "laptop", "name the address", "is for pc.local, 192.168.1.20, and not for laptop"),
        ("left", None, "ca", None, "pc.local", "does not accept the viewer's", "is not meant for that end"),
        ("viewer", Some("ca"), "ca", None, "pc.local", "shows no certificate", "only robots with a certificate"),
        ("viewer", Some("ca"), "ca", Some("other-left"), "pc.local", "not signed by", "does not know who signed"),
        ("viewer", Some("ca"), "ca", Some("expired-left"), "pc.local", "expired 1 day ago", "has expired"),
        ("viewer", Some("ca"), "ca", Some("viewer"), "pc.local", "is not meant for that end", "is it one for robots"),
    ];
    for (viewer, client_ca, ca, robot, host, at_the_viewer, at_the_robot) in cases {
        let (served, dialled) = connect(folder.server(viewer, client_ca), folder.client(ca, robot), host).await;
        let case = format!("{viewer} {client_ca:?} {ca} {robot:?} {host}");
        let (served, dialled) = (of_robot(&served.unwrap_err()), of_dialled(&dialled.unwrap_err(), &VIEWER));
        assert!(served.contains(at_the_viewer), "{case}: {served}");
        assert!(dialled.contains(at_the_robot), "{case}: {dialled}");
    }
}

#[tokio::test]
async fn a_chain_of_many_certificates_is_refused_before_a_way_through_it_is_looked_for() {
    let folder = folder("chain");
    let read = |name: &str| fs::read_to_string(folder.path(name)).expect(WRITABLE);
    for (more, said) in [(4, Ok("left")), (5, Err("it sends 5 certificates beside its own, and 4 are"))] {
        fs::write(folder.path("long"), read("left") + &read("other").repeat(more)).expect(WRITABLE);
        fs::write(folder.path("long-key"), read("left-key")).expect(WRITABLE);
        let robot = folder.client("ca", Some("long"));
        let (served, _) = connect(folder.server("viewer", Some("ca")), robot, "pc.local").await;
        match (served, said) {
            (Ok(name), Ok(wanted)) => assert_eq!(name, wanted),
            (Err(error), Err(wanted)) => assert!(of_robot(&error).starts_with(wanted), "{error}"),
            (served, said) => panic!("{served:?}, and not {said:?}"),
        }
    }
}

#[test]
fn files_that_are_something_else_are_named_with_what_is_expected() {
    let folder = folder("files");
    fs::write(folder.path("text"), "hello\n").unwrap();
    fs::write(folder.path("cut"), &fs::read(folder.path("viewer")).unwrap()[..100]).unwrap();
    let said = |server: ServerFiles| {
        let loaded = server.read().and_then(|contents| server.config(&contents));
        let error: LoadError = loaded.map(drop).unwrap_err();
        (error.to_string(), std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default())
    };
    let with = |cert: &str, key: &str| ServerFiles { cert: folder.path(cert), key: folder.path(key), client_ca: None };
    assert!(said(with("missing", "viewer-key")).0.contains("missing.pem cannot be read"));
    assert!(said(with("text", "viewer-key")).0.contains("text.pem holds no certificate"));
    assert!(said(with("viewer-key", "viewer-key")).0.contains("viewer-key.pem holds no certificate"));
    assert!(said(with("viewer", "viewer")).0.contains("viewer.pem holds no private key"));
    let (cut, _) = said(with("cut", "viewer-key"));
    assert!(cut.contains("cut.pem is damaged"), "{cut}");
    let (others, why) = said(with("viewer", "left-key"));
    assert!(others.contains("viewer.pem and") && others.contains("cannot be used together"), "{others}");
    assert!(!why.is_empty());
}

/// Why a certificate can be made.
const RANDOM: &str = "the system has random numbers";
/// Why certificates can be loaded.
const USABLE: &str = "both are well made, if not for each other";
/// Why files can be put there.
const WRITABLE: &str = "the folder is writable";
