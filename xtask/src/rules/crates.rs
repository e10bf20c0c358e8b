//! Which crates of the workspace may depend on which, from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// A crate of the workspace and what it may use. Crates that do not exist are skipped.
struct Rule {
    name: &'static str,
    /// Crates of the workspace among its normal and build dependencies.
    may_use: &'static [&'static str],
    /// Crates that may not be among its dependencies or theirs.
    bans: &'static [&'static str],
    /// Why, for the error.
    reason: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        name: "protocol",
        may_use: &[],
        bans: &["opencv", "clap", "minifb"],
        reason: "the wire format is no_std and does no I/O",
    },
    Rule {
        name: "vision",
        may_use: &[],
        bans: &["clap", "tokio", "minifb"],
        reason: "pictures go in and detections come out, without command line, network or window",
    },
    Rule {
        name: "recording",
        may_use: &[],
        bans: &["opencv", "clap", "tokio", "minifb"],
        reason: "frames go in and come out, without command line or network, and robot-sim reads them without system packages",
    },
    Rule {
        name: "tls",
        may_use: &[],
        bans: &["opencv", "clap", "minifb", "aws-lc-sys"],
        reason: "certificates go in and configurations come out, and robot-sim uses them without system packages",
    },
    Rule {
        name: "pipeline",
        may_use: &["protocol", "recording", "tls", "vision"],
        bans: &["clap", "minifb"],
        reason: "robots go in and events come out, without command line or window",
    },
    Rule {
        name: "fleet",
        may_use: &["pipeline", "protocol", "recording", "tls", "vision"],
        bans: &["minifb"],
        reason: "it has no window",
    },
    Rule {
        name: "viewer",
        may_use: &["fleet", "pipeline", "protocol", "recording", "tls", "vision"],
        bans: &["zenoh"],
        reason: "who has one robot builds it without fleets",
    },
    Rule {
        name: "robot-sim",
        may_use: &["protocol", "recording", "tls"],
        bans: &["minifb"],
        reason: "it has no window",
    },
    Rule {
        name: "fuzz",
        may_use: &["pipeline", "protocol", "recording", "robot-sim", "vision", "xtask"],
        bans: &["minifb"],
        reason: "it calls what reads bytes, and has no window",
    },
    Rule { name: "fixtures", may_use: &[], bans: &[], reason: "" },
    Rule {
        name: "xtask",
        may_use: &["fixtures"],
        bans: &["opencv", "cmake", "turbojpeg", "zxing-cpp"],
        reason: "it builds before any system package is installed",
    },
];

/// A dev-dependency of any crate.
const TEST_DATA: &str = "fixtures";

/// Every broken rule, in a line each.
pub(super) fn check(metadata: &Value) -> Result<Vec<String>> {
    let graph = Graph::new(metadata)?;
    let mut broken = Vec::new();
    for &name in &graph.members {
        let Some(rule) = RULES.iter().find(|rule| rule.name == name) else {
            broken.push(format!(
                "{name}/Cargo.toml: this crate of the workspace has no rule; add to xtask/src/rules/crates.rs what it may use"
            ));
            continue;
        };
        broken.extend(graph.uses(rule)?);
        broken.extend(graph.bans(rule)?);
    }
    broken.extend(std_in_protocol(&graph)?);
    Ok(broken)
}

/// `protocol` has to build without std, so that what it always needs may not ask for std either.
fn std_in_protocol(graph: &Graph) -> Result<Vec<String>> {
    if !graph.members.contains("protocol") {
        return Ok(Vec::new());
    }
    let always = |dependency: &&Dependency| dependency.kind != Kind::Dev && !dependency.optional;
    let with_std =
        graph.dependencies("protocol")?.into_iter().filter(|dependency| always(&dependency) && dependency.std);
    let line = |dependency: Dependency| {
        format!(
            "protocol/Cargo.toml: {} is used with std or with its default features; protocol is no_std, so set \
             default-features = false, or make it optional",
            dependency.name
        )
    };
    Ok(with_std.map(line).collect())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Normal,
    Build,
    Dev,
}

/// A dependency as Cargo.toml declares it.
struct Dependency {
    name: String,
    kind: Kind,
    optional: bool,
    /// Whether it is used with its feature `std`, or with its default features, of which that usually is one.
    std: bool,
}

/// The parts of `cargo metadata` that the rules are about.
struct Graph<'metadata> {
    /// Names of the workspace's crates.
    members: BTreeSet<&'metadata str>,
    packages: BTreeMap<&'metadata str, &'metadata Value>,
    /// Names by package id.
    names: BTreeMap<&'metadata str, &'metadata str>,
    /// By package id, what is compiled for it: packages by their ids, without dev-dependencies.
    tree: BTreeMap<&'metadata str, Vec<&'metadata str>>,
}

impl<'metadata> Graph<'metadata> {
    fn new(metadata: &'metadata Value) -> Result<Self> {
        let (mut packages, mut names, mut tree) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for package in list(metadata, "packages")? {
            names.insert(text(package, "id")?, text(package, "name")?);
        }
        let members: Vec<&str> = list(metadata, "workspace_members")?.iter().filter_map(Value::as_str).collect();
        for package in list(metadata, "packages")?.iter().filter(|package| is_one_of(&members, package)) {
            packages.insert(text(package, "name")?, package);
        }
        for node in list(&metadata["resolve"], "nodes")? {
            let compiled = list(node, "deps")?.iter().filter(|dependency| !is_dev_only(dependency));
            tree.insert(text(node, "id")?, compiled.map(|dependency| text(dependency, "pkg")).collect::<Result<_>>()?);
        }
        Ok(Self { members: packages.keys().copied().collect(), packages, names, tree })
    }

    fn dependencies(&self, name: &str) -> Result<Vec<Dependency>> {
        let package = self.packages.get(name).with_context(|| format!("cargo metadata has no package {name:?}"))?;
        let dependency = |value: &Value| {
            let kind = match value["kind"].as_str() {
                Some("dev") => Kind::Dev,
                Some("build") => Kind::Build,
                _ => Kind::Normal,
            };
            let default = value["uses_default_features"].as_bool() == Some(true);
            let named = value["features"].as_array().is_some_and(|features| features.iter().any(|name| name == "std"));
            let optional = value["optional"].as_bool() == Some(true);
            Ok(Dependency { name: text(value, "name")?.to_owned(), kind, optional, std: default || named })
        };
        list(package, "dependencies")?.iter().map(dependency).collect()
    }

    /// Dependencies within the workspace that the rule does not allow.
    fn uses(&self, rule: &Rule) -> Result<Vec<String>> {
        let mut broken = Vec::new();
        for dependency in self.dependencies(rule.name)? {
            let name = dependency.name.as_str();
            let inside = self.members.contains(name);
            // A crate may name itself among its dev-dependencies, to test with more features.
            let for_tests = dependency.kind == Kind::Dev && (name == TEST_DATA || name == rule.name);
            if !inside || for_tests || rule.may_use.contains(&name) {
                continue;
            }
            let what = if dependency.kind == Kind::Dev { "dev-dependency" } else { "dependency" };
            let allowed =
                if rule.may_use.is_empty() { "no crate of the workspace".to_owned() } else { rule.may_use.join(", ") };
            let remedy = if name == TEST_DATA {
                "move it to [dev-dependencies]"
            } else {
                "move the shared code into a crate that both may use"
            };
            broken.push(format!("{}/Cargo.toml: {what} on {name}; allowed: {allowed}; {remedy}", rule.name));
        }
        Ok(broken)
    }

    /// Crates below this one that the rule bans, each with the way to it.
    fn bans(&self, rule: &Rule) -> Result<Vec<String>> {
        let package = self.packages.get(rule.name).context("the rule's crate is a member")?;
        let ways = self.ways_from(text(package, "id")?);
        let banned = rule.bans.iter().filter_map(|&banned| Some((banned, ways.get(banned)?)));
        let line = |(banned, way): (&str, &String)| {
            format!(
                "{}/Cargo.toml: depends on {banned} ({way}), which is not allowed as {}; remove the first step of that way",
                rule.name, rule.reason
            )
        };
        Ok(banned.map(line).collect())
    }

    /// For each crate that is compiled for `root`, by name, how it comes to be among them.
    fn ways_from(&self, root: &'metadata str) -> BTreeMap<&'metadata str, String> {
        let name = |id: &str| self.names.get(id).copied().unwrap_or_default();
        let mut ways = BTreeMap::new();
        let mut seen = BTreeSet::from([root]);
        let mut next = vec![(root, name(root).to_owned())];
        while let Some((id, way)) = next.pop() {
            for &below in self.tree.get(id).into_iter().flatten() {
                if seen.insert(below) {
                    let way = format!("{way} → {}", name(below));
                    ways.entry(name(below)).or_insert_with(|| way.clone());
                    next.push((below, way));
                }
            }
        }
        ways
    }
}

fn is_one_of(ids: &[&str], package: &Value) -> bool {
    package["id"].as_str().is_some_and(|id| ids.contains(&id))
}

fn is_dev_only(dependency: &Value) -> bool {
    let kinds = dependency["dep_kinds"].as_array();
    kinds.is_some_and(|kinds| !kinds.is_empty() && kinds.iter().all(|kind| kind["kind"] == "dev"))
}

fn list<'value>(value: &'value Value, key: &str) -> Result<&'value Vec<Value>> {
    value[key].as_array().with_context(|| format!("cargo metadata has no list {key:?}"))
}

fn text<'value>(value: &'value Value, key: &str) -> Result<&'value str> {
    value[key].as_str().with_context(|| format!("cargo metadata has no text {key:?} in {value}"))
}

#[cfg(test)]
mod tests;
