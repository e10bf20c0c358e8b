use clap::CommandFactory;

use super::*;

fn parse(line: &str) -> Result<Config, String> {
    let args = ["robot-sim"].into_iter().chain(line.split_whitespace());
    let parsed = Args::try_parse_from(args).map_err(|error| error.to_string())?;
    parsed.into_config().map_err(|error| error.to_string())
}

#[test]
fn the_command_line_is_well_defined() {
    Args::command().debug_assert();
}

#[test]
fn what_is_not_given_has_its_documented_value() {
    let config = parse("--images a.jpg b --to pc:8000").unwrap();
    assert_eq!(config.input, Input::Images(vec!["a.jpg".into(), "b".into()]));
    assert_eq!(config.passes, Passes::Times(NonZeroU32::MIN));
    assert_eq!((config.rate, config.end, config.robots), (None, StreamEnd::Terminator, 1));
    assert_eq!((config.connect_timeout, config.faults), (None, Faults::default()));
    assert_eq!((config.encoding, config.stamps, config.format), (Encoding::default(), Stamps::Without, Format::Length));
}

#[test]
fn every_option_arrives() {
    let config = parse(
        "--video v.mp4 --to pc:8000 --fps 0 --loop --size 32x24 --quality 60 --no-end --connect-timeout 0.5 \
         --robots 3 --stamp --fault stall@1:2s --fault garbage@2 --seed 9",
    )
    .unwrap();
    assert_eq!(config.input, Input::Video("v.mp4".into()));
    assert_eq!((config.rate, config.passes), (Some(Rate::UNPACED), Passes::Forever));
    assert_eq!(config.encoding, Encoding { size: "32x24".parse().ok(), quality: Some(60) });
    assert_eq!((config.end, config.robots, config.stamps), (StreamEnd::Close, 3, Stamps::With));
    assert_eq!(config.connect_timeout, Some(Duration::from_millis(500)));
    let faults: Vec<String> = config.faults.list.iter().map(Fault::to_string).collect();
    assert_eq!((config.faults.seed, faults), (9, vec!["stall@1:2s".to_owned(), "garbage@2".to_owned()]));
}

#[test]
fn a_served_robot_speaks_multipart() {
    let config = parse("--images a.jpg --serve 127.0.0.1:8081").unwrap();
    assert_eq!((config.peer, config.format), (Peer::Serve("127.0.0.1:8081".parse().unwrap()), Format::Multipart));
}

#[test]
fn a_loop_takes_a_number_of_passes() {
    let config = parse("--loop 3 --images a.jpg --to pc:8000").unwrap();
    assert_eq!(config.passes, "3".parse().unwrap());
}

#[test]
fn bad_values_are_refused_with_the_form_that_is_expected() {
    for (line, says) in [
        ("--to pc:8000", "--video"),
        ("--images a.jpg", "--to"),
        ("--images a.jpg --video b.mp4 --to pc:8000", "cannot be used with"),
        ("--images a.jpg --to pc", "127.0.0.1:8000"),
        ("--images a.jpg --to pc:8000 --rate 2", "cannot be used with"),
        ("--video a.mp4 --to pc:8000 --topic /x", "cannot be used with"),
        ("--video a.mp4 --to pc:8000 --start-offset 1", "cannot be used with"),
        ("--images a.jpg --to pc:8000 --duration 1", "cannot be used with"),
        ("--images a.jpg --to pc:8000 --fps fast", "29.97"),
        ("--images a.jpg --to pc:8000 --loop 0", "passes"),
        ("--images a.jpg --to pc:8000 --size 320", "320x240"),
        ("--images a.jpg --to pc:8000 --size 65500x65500", "67108864 pixels"),
        ("--images a.jpg --to pc:8000 --quality 0", "1..=100"),
        ("--images a.jpg --to pc:8000 --robots 0", "1..=1000"),
        ("--images a.jpg --to pc:8000 --connect-timeout -1", "2.5"),
        ("--images a.jpg --to pc:8000 --connect-timeout soon", "2.5"),
        ("--images a.jpg --to pc:8000 --fault flip", "flip@12:20"),
        ("--images a.jpg --to pc:8000 --seed x", "--seed"),
        ("--images a.jpg --to pc:8000 --format h264", "mjpeg"),
        ("--images a.jpg --to pc:8000 --format mjpeg --fault oversize@2", "--format length"),
        ("--images a.jpg --serve 127.0.0.1:0 --to pc:8000", "cannot be used with"),
        ("--images a.jpg --serve 127.0.0.1:0 --robots 2", "cannot be used with"),
        ("--images a.jpg --serve 8081", "127.0.0.1:8081"),
        ("--images a.jpg --serve 127.0.0.1:0 --fault reconnect@2", "hangup"),
        ("--images a.jpg --to pc:8000 --tls-cert a.pem --tls-key b.pem", "--tls-ca"),
        ("--images a.jpg --to pc:8000 --tls-ca a.pem --tls-cert b.pem", "--tls-key"),
        ("--images a.jpg --serve 127.0.0.1:0 --tls-ca a.pem", "cannot be used with"),
    ] {
        let error = parse(line).unwrap_err();
        assert!(error.contains(says), "{line}\n{error}");
    }
}

#[test]
fn the_help_has_an_example_for_every_option_that_takes_a_value() {
    for arg in Args::command().get_arguments().filter(|arg| arg.get_action().takes_values()) {
        let (Some(long), Some(help)) = (arg.get_long(), arg.get_long_help()) else { panic!("{arg}") };
        let help = help.to_string();
        let example = help.lines().find(|line| line.starts_with("Example")).unwrap_or_default();
        assert!(example.contains(&format!(": --{long}")), "--{long}: {help}");
    }
}

#[test]
fn the_help_fits_terminals_of_80_and_100_columns() {
    for columns in [80, 100] {
        let mut command = Args::command().term_width(columns);
        let (short, long) = (command.render_help().to_string(), command.render_long_help().to_string());
        for help in [&short, &long] {
            assert_eq!(help.lines().find(|line| line.chars().count() > columns), None, "{help}");
        }
        // A table that is wrapped has lost its columns.
        assert!(short.contains(EXAMPLES) && long.contains(&after()), "{long}");
    }
}
