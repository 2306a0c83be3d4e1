//! What reports call a client.

use super::Run;

/// Programs that are no client, but run one from a file.
const INTERPRETERS: [&str; 17] = [
    "python", "node", "ruby", "php", "perl", "java", "sh", "bash", "dash", "deno", "bun", "dotnet",
    "mono", "lua", "Rscript", "go", "env",
];
/// Options of theirs whose value is no file of a client.
const CLASS_PATHS: [&str; 3] = ["-cp", "-classpath", "--class-path"];

/// More characters of a name are left out.
const MOST_NAME: usize = 200;

impl Run {
    /// What the client is called: its name and version, or else its program.
    pub fn title(&self) -> String {
        let unnamed = if self.asks_a_plan() {
            "the client that asked the plan"
        } else {
            "the built-in reference client"
        };
        let program = program(&self.command).unwrap_or(unnamed);
        let name = self.name.as_deref().unwrap_or(program);
        match &self.version {
            Some(version) => format!("{} {}", cut(name), cut(version)),
            None => cut(name),
        }
    }
}

/// A name is for people, who read no more of it.
fn cut(name: &str) -> String {
    match name.char_indices().nth(MOST_NAME) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// What a command runs: the program, or the file that it is given if it only interprets that.
fn program(command: &[String]) -> Option<&str> {
    let (program, arguments) = command.split_first()?;
    let name = program.rsplit('/').next().unwrap_or(program);
    // python3.12 is python.
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    if !INTERPRETERS.contains(&name) {
        return Some(program);
    }
    // An option, or a word to be filled in such as {file}, is no file of a client.
    let is_path = |word: &str| !word.starts_with(['-', '{']) && word.contains(['.', '/']);
    let before = std::iter::once(program).chain(arguments);
    let file = arguments
        .iter()
        .zip(before)
        .find(|(word, before)| is_path(word) && !CLASS_PATHS.contains(&before.as_str()));
    // An interpreter without a file may be the client itself, such as node with -e.
    Some(file.map_or(program, |(word, _)| word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_is_the_client_and_not_what_interprets_it() {
        let title = |command: &str| {
            let command = command.split(' ').map(str::to_owned).collect();
            Run { command, ..Run::default() }.title()
        };
        assert_eq!(title("./client stubborn"), "./client");
        assert_eq!(title("/usr/bin/python3.12 -B sdk/driver.py x.y"), "sdk/driver.py");
        assert_eq!(title("java -cp out/classes Client"), "java");
        assert_eq!(title("java -cp lib/a.jar Client.java"), "Client.java");
        assert_eq!(title("sh driver"), "sh");
        assert_eq!(title("node {file}"), "node");
    }

    #[test]
    fn a_name_comes_before_the_program() {
        let run = Run {
            command: vec!["sh".to_owned(), "driver.sh".to_owned()],
            name: Some("mine".to_owned()),
            version: Some("1.2".to_owned()),
            ..Run::default()
        };
        assert_eq!(run.title(), "mine 1.2");
    }

    #[test]
    fn a_title_is_no_longer_than_a_line_or_two() {
        let run = Run { name: Some("é".repeat(100_000)), ..Run::default() };
        assert_eq!(run.title(), format!("{}…", "é".repeat(MOST_NAME)));
        let run = Run { name: Some("é".repeat(MOST_NAME)), ..run };
        assert_eq!(run.title(), "é".repeat(MOST_NAME));
    }
}
