"""`clickit-tui completion bash|zsh|fish`: a script by which the shell completes commands, options and their values."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from clickit_tui.naming import LOG_SOURCES
from clickit_tui.playbooks.registry import playbooks

SHELLS = ("bash", "zsh", "fish")
PROGRAM = "clickit-tui"
PATHS = ("PATH", "FILE")
"""What the help calls a path."""
Values = Mapping[tuple[str, str], tuple[str, ...]]
"""What a (command, option or argument) may be, where the parser does not list it; command `*` stands for all."""


class Option(NamedTuple):
    """One option of a command."""

    flags: tuple[str, ...]
    """`-h`, `--help`."""
    words: str
    """What it does."""
    takes: bool
    """Whether a value follows."""
    values: tuple[str, ...] = ()
    """What the value may be; empty when anything."""
    path: bool = False
    """The value is a path."""


class Command(NamedTuple):
    """One sub-command; the empty name is the program without one."""

    name: str
    words: str
    options: tuple[Option, ...]
    values: tuple[str, ...]
    """What its argument may be."""
    path: bool = False
    """Its argument is a path."""


def commands(parser: argparse.ArgumentParser, values: Values) -> tuple[Command, ...]:
    """Everything that a parser understands; the program itself first, its argument being a command."""
    below = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    words = {each.dest: each.help or "" for each in below._choices_actions}
    own = Command("", "", _options("", parser, values), tuple(below.choices))
    return (own, *(_command(name, words.get(name, ""), made, values) for name, made in below.choices.items()))


def _command(name: str, words: str, parser: argparse.ArgumentParser, values: Values) -> Command:
    arguments = [action for action in parser._actions if not action.option_strings]
    told = tuple(value for action in arguments for value in _values(name, action, values))
    return Command(name, words, _options(name, parser, values), told, any(action.metavar in PATHS for action in arguments))


def _options(name: str, parser: argparse.ArgumentParser, values: Values) -> tuple[Option, ...]:
    return tuple(
        Option(tuple(action.option_strings), action.help or "", action.nargs != 0, _values(name, action, values), action.metavar in PATHS)
        for action in parser._actions
        if action.option_strings
    )


def _values(command: str, action: argparse.Action, values: Values) -> tuple[str, ...]:
    listed = tuple(str(choice) for choice in action.choices or ())
    return listed or values.get((command, action.dest)) or values.get(("*", action.dest), ())


def script(shell: str, found: tuple[Command, ...]) -> str:
    """The script of one of `SHELLS`."""
    made = {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](found)
    return "\n".join(made) + "\n"


def values(environments: tuple[str, ...], incidents: tuple[str, ...]) -> Values:
    """What the parser leaves open and is known all the same."""
    playbook = tuple(book.id for book in playbooks())
    return {("*", "env"): environments, ("check", "playbook"): playbook, ("tail", "group"): LOG_SOURCES, ("demo", "incident"): incidents}


def _taking(found: Iterable[Command]) -> list[str]:
    """Every option that a value follows."""
    return list(dict.fromkeys(flag for each in found for option in each.options if option.takes for flag in option.flags))


def _cases(found: tuple[Command, ...]) -> list[tuple[str, Option]]:
    """(`command option` as a pattern of the shell, option) of every option that takes a value; what all commands share once."""
    shared = set(found[0].options)
    own = [
        (f'"{each.name} {flag}"', option) for each in found[1:] for option in each.options if option not in shared for flag in option.flags
    ]
    common = [(f'*" {flag}"', option) for option in found[0].options for flag in option.flags]
    return [(pattern, option) for pattern, option in (*own, *common) if option.takes]


def _flags(of: Command) -> str:
    return " ".join(flag for option in of.options for flag in option.flags)


_BASH_PATH = (
    "compopt -o filenames 2>/dev/null; local name; "
    'while IFS= read -r name; do COMPREPLY[${#COMPREPLY[@]}]="$name"; done < <(compgen -f -- "$cur")'
)
"""Read line by line: a name with `*` in it is not to become the names of other files."""


def _paths(of: Command) -> str:
    return "; paths=1" if of.path else ""


def _bash(found: tuple[Command, ...]) -> list[str]:
    return [
        f"# bash completion of {PROGRAM}; to use it, in ~/.bashrc: source <({PROGRAM} completion bash)",
        "_clickit_tui() {",
        '    local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}"',
        '    local command="" word="" skip="" index flags="" words="" paths=""',
        "    COMPREPLY=()",
        '    if [[ $cur == "=" ]]; then cur=""; elif [[ $prev == "=" ]]; then prev="${COMP_WORDS[COMP_CWORD-2]}"; fi',
        "    for (( index = 1; index < COMP_CWORD; index++ )); do",
        '        word="${COMP_WORDS[index]}"',
        '        if [[ -n $skip ]]; then [[ $word == "=" ]] || skip=""; continue; fi',
        '        case "$word" in',
        f"            {'|'.join(_taking(found))}) skip=1 ;;",
        "            -*) ;;",
        '            *) command="$word"; break ;;',
        "        esac",
        "    done",
        '    case "$command $prev" in',
        *(f"        {pattern}) {_bash_value(option)}; return ;;" for pattern, option in _cases(found)),
        "    esac",
        '    case "$command" in',
        *(f'        "{each.name}") flags="{_flags(each)}"; words="{" ".join(each.values)}"{_paths(each)} ;;' for each in found),
        "    esac",
        f'    if [[ $cur == -* ]]; then words="$flags"; elif [[ -n $paths ]]; then {_BASH_PATH}; return; fi',
        '    COMPREPLY=($(compgen -W "$words" -- "$cur"))',
        "}",
        f"complete -F _clickit_tui {PROGRAM}",
    ]


def _bash_value(option: Option) -> str:
    if option.path:
        return _BASH_PATH
    return f'COMPREPLY=($(compgen -W "{" ".join(option.values)}" -- "$cur"))' if option.values else ":"


def _zsh(found: tuple[Command, ...]) -> list[str]:
    return [
        f"#compdef {PROGRAM}",
        f"# zsh completion of {PROGRAM}; to use it, in ~/.zshrc after compinit: source <({PROGRAM} completion zsh)",
        "_clickit_tui() {",
        '    local cur="$words[CURRENT]" prev="$words[CURRENT-1]" command="" word="" skip="" paths="" index',
        "    local -a flags values",
        "    if [[ $cur == --*=* ]]; then prev=${cur%%=*}; compset -P '*='; cur=${cur#*=}; fi",
        "    for (( index = 2; index < CURRENT; index++ )); do",
        '        word="$words[index]"',
        '        if [[ -n $skip ]]; then skip=""; continue; fi',
        '        case "$word" in',
        f"            ({'|'.join(_taking(found))}) skip=1 ;;",
        "            (-*) ;;",
        '            (*) command="$word"; break ;;',
        "        esac",
        "    done",
        '    case "$command $prev" in',
        *(f"        ({pattern}) {_zsh_value(option)}; return ;;" for pattern, option in _cases(found)),
        "    esac",
        '    case "$command" in',
        *(f'        ("{each.name}") flags=({_zsh_flags(each)}); values=({_zsh_values(each, found)}){_paths(each)} ;;' for each in found),
        "    esac",
        "    if [[ $cur == -* ]]; then _describe -o option flags; elif [[ -n $paths ]]; then _files; else _describe command values; fi",
        "}",
        'if [[ "$funcstack[1]" == "_clickit-tui" ]]; then _clickit_tui "$@"; else compdef _clickit_tui clickit-tui; fi',
    ]


def _zsh_value(option: Option) -> str:
    if option.path:
        return "_files"
    return f"compadd -- {' '.join(option.values)}" if option.values else ":"


def _zsh_flags(of: Command) -> str:
    return " ".join(_quoted(f"{flag}:{option.words}") for option in of.options for flag in option.flags)


def _zsh_values(of: Command, found: tuple[Command, ...]) -> str:
    words = {} if of.name else {each.name: f":{each.words}" for each in found}
    return " ".join(_quoted(f"{value}{words.get(value, '')}") for value in of.values)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _fish(found: tuple[Command, ...]) -> list[str]:
    shared = found[0].options
    lines = [
        f"# fish completion of {PROGRAM}; to use it: {PROGRAM} completion fish > ~/.config/fish/completions/{PROGRAM}.fish",
        "function __clickit_tui_is",
        "    set -l command ''",
        "    set -l skip 0",
        "    for word in (commandline -opc)[2..-1]",
        "        if test $skip = 1",
        "            set skip 0",
        f"        else if contains -- $word {' '.join(_taking(found))}",
        "            set skip 1",
        "        else if not string match -q -- '-*' $word",
        "            set command $word",
        "            break",
        "        end",
        "    end",
        '    test "$command" = "$argv[1]"',
        "end",
        f"complete -c {PROGRAM} -f",
    ]
    lines += [_fish_option(option, "") for option in shared]
    for each in found[1:]:
        lines.append(f"complete -c {PROGRAM} -n '__clickit_tui_is \"\"' -a {each.name} -d {_fish_quoted(each.words)}")
        lines += [_fish_option(option, each.name) for option in each.options if option not in shared]
        if each.values:
            lines.append(f"complete -c {PROGRAM} -n '__clickit_tui_is {each.name}' -a '{' '.join(each.values)}'")
        if each.path:
            lines.append(f"complete -c {PROGRAM} -n '__clickit_tui_is {each.name}' -F")
    return lines


def _fish_option(option: Option, command: str) -> str:
    names = " ".join(f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in option.flags)
    where = f" -n '__clickit_tui_is {command}'" if command else ""
    value = " -r -F" if option.path else f" -x -a '{' '.join(option.values)}'" if option.values else " -x" if option.takes else ""
    return f"complete -c {PROGRAM}{where} {names}{value} -d {_fish_quoted(option.words)}"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
