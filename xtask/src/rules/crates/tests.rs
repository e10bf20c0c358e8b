use serde_json::json;

use super::*;

/// Metadata of a workspace: each member with its dependencies, as `name`, `dev:name` or `build:name`. Crates from
/// outside the workspace are in `outside`, with their dependencies.
fn workspace(members: &[(&str, &[&str])], outside: &[(&str, &[&str])]) -> Value {
    let split = |word: &'static str| word.split_once(':').map_or((None, word), |(kind, name)| (Some(kind), name));
    let all = || members.iter().chain(outside);
    let packages = all().map(|(name, dependencies)| {
        let declared = dependencies.iter().map(|&word| {
            let (kind, name) = split(leak(word));
            json!({"name": name, "kind": kind, "optional": false, "uses_default_features": false, "features": []})
        });
        json!({"id": format!("id of {name}"), "name": name, "dependencies": declared.collect::<Vec<_>>()})
    });
    let nodes = all().map(|(name, dependencies)| {
        let resolved = dependencies.iter().map(|&word| {
            let (kind, name) = split(leak(word));
            json!({"pkg": format!("id of {name}"), "dep_kinds": [{"kind": kind}]})
        });
        json!({"id": format!("id of {name}"), "deps": resolved.collect::<Vec<_>>()})
    });
    json!({
        "packages": packages.collect::<Vec<_>>(),
        "workspace_members": members.iter().map(|(name, _)| format!("id of {name}")).collect::<Vec<_>>(),
        "resolve": {"nodes": nodes.collect::<Vec<_>>()},
    })
}

fn broken(members: &[(&str, &[&str])], outside: &[(&str, &[&str])]) -> Vec<String> {
    check(&workspace(members, outside)).unwrap()
}

#[test]
fn the_crates_as_designed_break_no_rule() {
    let found = broken(
        &[
            ("protocol", &["thiserror"]),
            ("vision", &["opencv", "dev:fixtures", "dev:vision"]),
            ("pipeline", &["protocol", "vision", "tokio", "dev:fixtures"]),
            ("viewer", &["protocol", "vision", "pipeline", "minifb", "clap", "dev:fixtures"]),
            ("robot-sim", &["protocol", "opencv", "clap"]),
            ("fixtures", &[]),
            ("xtask", &["anyhow", "fixtures"]),
        ],
        &[("thiserror", &[])],
    );
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_crate_that_is_not_there_yet_is_no_error() {
    assert_eq!(broken(&[("viewer", &["protocol", "dev:fixtures"]), ("protocol", &[])], &[]), Vec::<String>::new());
}

#[test]
fn a_dependency_that_is_not_allowed_is_named_with_those_that_are() {
    let found = broken(&[("robot-sim", &["protocol", "viewer"]), ("viewer", &[]), ("protocol", &[])], &[]);
    let [line] = found.as_slice() else { panic!("{found:?}") };
    assert!(
        line.starts_with("robot-sim/Cargo.toml: dependency on viewer; allowed: protocol, recording, tls;"),
        "{line}"
    );

    let found = broken(&[("vision", &["protocol"]), ("protocol", &["build:vision"])], &[]);
    assert_eq!(found.len(), 2, "build dependencies count, and vision uses no crate: {found:?}");
}

#[test]
fn test_data_is_for_tests_and_for_xtask() {
    let found = broken(&[("viewer", &["fixtures"]), ("fixtures", &[]), ("xtask", &["fixtures"])], &[]);
    let [line] = found.as_slice() else { panic!("{found:?}") };
    assert!(
        line.starts_with("viewer/Cargo.toml: dependency on fixtures") && line.ends_with("[dev-dependencies]"),
        "{line}"
    );

    let found = broken(&[("pipeline", &["dev:viewer"]), ("viewer", &[])], &[]);
    assert!(found[0].contains("dev-dependency on viewer"), "only test data is free for all tests: {found:?}");
}

#[test]
fn a_banned_crate_is_found_however_deep_it_is() {
    let outside: &[(&str, &[&str])] = &[("a", &["b"]), ("b", &["tokio"]), ("tokio", &[])];
    let found = broken(&[("vision", &["a"])], outside);
    let [line] = found.as_slice() else { panic!("{found:?}") };
    assert!(line.contains("depends on tokio (vision → a → b → tokio)"), "{line}");
    assert_eq!(broken(&[("vision", &["dev:a"])], outside), Vec::<String>::new(), "tests may");
    assert_eq!(broken(&[("pipeline", &["a"])], outside), Vec::<String>::new(), "pipeline has the network");
}

#[test]
fn each_ban_is_reported() {
    for (member, banned) in [
        ("protocol", "opencv"),
        ("vision", "clap"),
        ("vision", "tokio"),
        ("pipeline", "clap"),
        ("pipeline", "minifb"),
        ("xtask", "opencv"),
        ("xtask", "cmake"),
    ] {
        let found = broken(&[(member, &["a"])], &[("a", &[leak(&format!("build:{banned}"))]), (banned, &[])]);
        assert!(found.iter().any(|line| line.contains(&format!("depends on {banned} "))), "{member}: {found:?}");
    }
}

#[test]
fn protocol_needs_no_std() {
    let mut metadata = workspace(&[("protocol", &["thiserror"])], &[("thiserror", &[])]);
    let dependency = &mut metadata["packages"][0]["dependencies"][0];
    dependency["features"] = json!(["std"]);
    assert!(check(&metadata).unwrap()[0].contains("thiserror is used with std"));

    let dependency = &mut metadata["packages"][0]["dependencies"][0];
    (dependency["features"], dependency["uses_default_features"]) = (json!([]), json!(true));
    assert_eq!(check(&metadata).unwrap().len(), 1);
    metadata["packages"][0]["dependencies"][0]["optional"] = json!(true);
    assert_eq!(check(&metadata).unwrap(), Vec::<String>::new(), "what is optional may need std");
}

#[test]
fn a_crate_without_a_rule_is_named() {
    let found = broken(&[("new", &[])], &[]);
    assert!(found[0].starts_with("new/Cargo.toml:") && found[0].contains("xtask/src/rules/crates.rs"), "{found:?}");
}

/// Words of a test live as long as the test's process.
fn leak(word: &str) -> &'static str {
    Box::leak(word.to_owned().into_boxed_str())
}
