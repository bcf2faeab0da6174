"""What every check gives back, and the account that the emulator pretends to be."""
import sys
from dataclasses import dataclass, field

ACCOUNT = "123456789012"
REGION = "us-east-1"


@dataclass
class Result:
    """How many things were looked at, and what is wrong with them in plain words."""

    checked: int = 0
    problems: list[str] = field(default_factory=list)

    def expect(self, holds: bool, problem: str) -> None:
        """Counts one check; PROBLEM says what is wrong if it doesn't hold."""
        self.checked += 1
        if not holds:
            self.problems.append(problem)

    def add(self, other: "Result") -> "Result":
        self.checked += other.checked
        self.problems += other.problems
        return self


def exit_with(result: Result, what: str) -> None:
    """Prints RESULT and ends the process: 0 only if something was checked and nothing is wrong."""
    print(f"{result.checked} {what} checked, {len(result.problems)} wrong")
    for problem in result.problems:
        print(f"  {problem}")
    sys.exit(0 if result.checked and not result.problems else 1)
