//! Switches on a task's command line. Hardly any task takes more, so no argument parser has to be compiled.

/// Why a task does not run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Usage {
    /// Help was asked for.
    Help(&'static str),
    /// What was typed makes no sense.
    Wrong(String),
}

/// Which of the `known` switches were typed.
pub(crate) fn switches<const N: usize>(
    help: &'static str,
    known: [&str; N],
    typed: &[String],
) -> Result<[bool; N], Usage> {
    let mut on = [false; N];
    for word in typed {
        if word == "--help" || word == "-h" {
            return Err(Usage::Help(help));
        }
        let Some(at) = known.iter().position(|switch| switch == word) else {
            return Err(Usage::Wrong(format!("unknown argument {word:?}\n\n{help}")));
        };
        on[at] = true;
    }
    Ok(on)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn each_switch_is_recognised() {
        assert_eq!(switches("", ["--a", "--b"], &typed(&["--b"])), Ok([false, true]));
        assert_eq!(switches("", ["--a", "--b"], &[]), Ok([false, false]));
    }

    #[test]
    fn an_unknown_word_is_named_and_help_follows() {
        let Err(Usage::Wrong(message)) = switches("all about it", ["--a"], &typed(&["--c"])) else {
            panic!("accepted")
        };
        assert!(message.contains("--c") && message.contains("all about it"));
    }

    #[test]
    fn help_takes_precedence_over_errors() {
        assert_eq!(switches("all about it", [], &typed(&["--help", "--c"])), Err(Usage::Help("all about it")));
    }
}
