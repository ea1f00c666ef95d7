// SPDX-License-Identifier: Apache-2.0
//! The small app of docs/api/languages.md in Rust, with its standard library alone: bk-connect hello
//!
//! The connection to the system is standard input and output, since std::net knows no vsock. What the app has to tell
//! goes to standard error. It searches JSON instead of parsing it: an app that reads texts takes a library.

use std::io::{self, BufRead, Write};
use std::process::exit;

const BUTTONS: &str = r#"[{"id":"again","label":"Again"},{"id":"done","label":"Done"}]"#;

/// Sends a call; its answer, as JSON text.
fn call(method: &str, parameters: &str) -> io::Result<String> {
    write!(io::stdout(), r#"{{"method":"{method}","parameters":{parameters}}}{}"#, '\0')?;
    io::stdout().flush()?;
    let mut reply = Vec::new();
    io::stdin().lock().read_until(0, &mut reply)?; // what comes behind it is kept
    if reply.pop() != Some(0) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    String::from_utf8(reply).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// A call that is not refused.
fn must(method: &str, parameters: &str) -> io::Result<String> {
    let reply = call(method, parameters)?;
    if let Some(error) = text(&reply, "error") {
        eprintln!("the system refused: {error}");
        exit(1);
    }
    Ok(reply)
}

/// What stands behind the name of a member. Within a text each quote has a backslash before it, so what looks like a
/// member is one. It must stand there without blanks, as the system writes, and come first.
fn member<'a>(reply: &'a str, name: &str) -> Option<&'a str> {
    reply.split_once(&format!("\"{name}\":")).map(|(_, value)| value)
}

/// A member that is a text, up to its first quote: names and ids have no escapes.
fn text<'a>(reply: &'a str, name: &str) -> Option<&'a str> {
    member(reply, name)?.strip_prefix('"')?.split('"').next()
}

fn number(reply: &str, name: &str) -> Option<f64> {
    member(reply, name)?.split([',', '}']).next()?.parse().ok()
}

fn introspect() -> io::Result<()> {
    let info = must("org.varlink.service.GetInfo", "{}")?;
    eprintln!("{} {}", text(&info, "product").unwrap_or("?"), text(&info, "version").unwrap_or("?"));
    let interfaces = member(&info, "interfaces").and_then(|list| list.split(']').next()).unwrap_or("");
    for name in interfaces.trim_start_matches('[').split(',') {
        eprintln!("  {}", name.trim_matches('"'));
    }
    let answer = must("org.varlink.service.GetInterfaceDescription", r#"{"interface":"io.bulkhead.Notification"}"#)?;
    let methods: Vec<_> = answer.split(r"\nmethod ").skip(1).filter_map(|text| text.split('(').next()).collect();
    eprintln!("methods: {}", methods.join(" "));
    Ok(())
}

/// Whether the person wants to be asked again.
fn ask(body: &str) -> io::Result<bool> {
    let post = format!(r#"{{"title":"Hello from Rust","body":"{body}","buttons":{BUTTONS}}}"#);
    let posted = must("io.bulkhead.Notification.Post", &post)?;
    eprintln!("posted {}", number(&posted, "id").unwrap_or(0.0));
    let answer = must("io.bulkhead.Notification.Watch", "{}")?;
    let button = text(&answer, "button").unwrap_or("nothing");
    eprintln!("pressed {button}");
    Ok(button == "again")
}

fn locate() -> io::Result<()> {
    let reply = call("io.bulkhead.Location.Watch", r#"{"accuracy":"coarse"}"#)?;
    match (text(&reply, "error"), number(&reply, "latitude"), number(&reply, "longitude")) {
        (Some("org.varlink.service.PermissionDenied"), ..) => eprintln!("location: I may not know"),
        (Some("org.varlink.service.MethodNotFound"), ..) => eprintln!("location: this system has no such thing"),
        (Some("io.bulkhead.Location.NoSource"), ..) => eprintln!("location: nobody knows"),
        (Some(error), ..) => eprintln!("location: {error}"),
        (_, latitude, longitude) => eprintln!("location: {:.2} {:.2}", latitude.unwrap_or(0.0), longitude.unwrap_or(0.0)),
    }
    Ok(())
}

fn run() -> io::Result<()> {
    introspect()?;
    let mut body = "Shall I ask again?";
    while ask(body)? {
        body = r#"You pressed \"Again\"."#;
    }
    locate()
}

fn main() {
    if let Err(error) = run() {
        eprintln!("lost the system: {error}");
        exit(1);
    }
}
