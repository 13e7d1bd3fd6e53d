"""The checks of signatures in docs/webhooks.md do what they say, in each language whose runtime is here."""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from standardwebhooks import Webhook

from webhooks.delivery.signing import delivery_headers, new_secret

SECRET, OLD = new_secret(), new_secret()
BODY = '{"eventId": "evt_1", "name": "Bäckerei"}'.encode()
Case = dict[str, Any]


def snippet(language: str) -> str:
    text = Path(settings.BASE_DIR, "docs", "webhooks.md").read_text()
    found = re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert len(found) == 1
    return str(found[0])


def headers(*keys: str, age: int = 0) -> dict[str, str]:
    sent = delivery_headers(
        event_id="evt_1",
        event_type="target.imported",
        delivery_id=1,
        timestamp=int(time.time()) - age,
        body=BODY,
        keys=keys,
    )
    return {name.lower(): value for name, value in sent.items()}


def cases() -> list[tuple[Case, bool]]:
    """What a receiver may get, and whether it is genuine."""
    right = headers(SECRET)
    found = [
        ({"headers": right}, True),
        ({"headers": headers(SECRET, OLD)}, True),
        ({"headers": headers(OLD, SECRET)}, True),
        ({"headers": headers(OLD)}, False),
        ({"headers": headers(SECRET, age=400)}, False),
        ({"headers": headers(SECRET, age=-400)}, False),
        ({"headers": right, "body": BODY.decode() + " "}, False),
        ({"headers": right | {"webhook-id": "evt_2"}}, False),
    ]
    return [({"body": BODY.decode(), "secret": SECRET} | case, is_genuine) for case, is_genuine in found]


def python(folder: Path) -> list[str]:
    reading = "import json, sys\nfor case in json.load(open(sys.argv[1])):\n"
    each = "    print(is_genuine(case['headers'], case['body'].encode(), case['secret']))\n"
    return [sys.executable, _write(folder, "check.py", snippet("python") + "\n\n" + reading + each)]


def node(folder: Path) -> list[str]:
    run = (
        'import { readFileSync } from "node:fs";\n'
        "for (const each of JSON.parse(readFileSync(process.argv[2])))\n"
        "    console.log(isGenuine(each.headers, Buffer.from(each.body), each.secret));\n"
    )
    return ["node", _write(folder, "check.mjs", snippet("javascript") + run)]


def java(folder: Path) -> list[str]:
    # Cases as lines of tabs: the language reads no JSON of its own.
    run = """
    public static void main(String[] arguments) throws Exception {
        for (String line : java.nio.file.Files.readAllLines(java.nio.file.Path.of(arguments[0] + ".tsv"))) {
            String[] part = line.split("\\t");
            Map<String, String> headers = Map.of(
                "webhook-id", part[0], "webhook-timestamp", part[1], "webhook-signature", part[2]);
            System.out.println(isGenuine(headers, part[3].getBytes(StandardCharsets.UTF_8), part[4]));
        }
    }
}
"""
    return [
        "java",
        "-Xmx64m",
        _write(folder, "Webhooks.java", snippet("java").rstrip().removesuffix("}") + run),
    ]


def php(folder: Path) -> list[str]:
    run = """
foreach (json_decode(file_get_contents($argv[1]), true) as $each) {
    echo is_genuine($each['headers'], $each['body'], $each['secret']) ? "true\\n" : "false\\n";
}
"""
    return ["php", _write(folder, "check.php", snippet("php") + run)]


def csharp(folder: Path) -> list[str]:
    run = """
public static class Check
{
    public static void Main(string[] arguments)
    {
        foreach (var line in System.IO.File.ReadAllLines(arguments[0] + ".tsv"))
        {
            var part = line.Split('\\t');
            var headers = new Dictionary<string, string> {
                ["webhook-id"] = part[0], ["webhook-timestamp"] = part[1], ["webhook-signature"] = part[2] };
            Console.WriteLine(Webhooks.IsGenuine(headers, Encoding.UTF8.GetBytes(part[3]), part[4]));
        }
    }
}
"""
    project = (
        '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType>'
        "<TargetFramework>net8.0</TargetFramework><RollForward>Major</RollForward></PropertyGroup></Project>"
    )
    _write(folder, "Check.cs", snippet("csharp") + run)
    return ["dotnet", "run", "--project", _write(folder, "check.csproj", project), "--"]


def _write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return str(folder / name)


@pytest.mark.parametrize(
    ("program", "made"),
    [("python3", python), ("node", node), ("java", java), ("php", php), ("dotnet", csharp)],
)
def test_the_check_of_each_language_is_right(
    tmp_path: Path, program: str, made: Callable[[Path], list[str]]
) -> None:
    command = made(tmp_path)
    if shutil.which(program) is None:
        pytest.skip(f"no {program}")
    wanted = cases()
    rows = [case for case, _is_genuine in wanted]
    at = _write(tmp_path, "cases.json", json.dumps(rows))
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    lines = [[*(row["headers"][name] for name in names), row["body"], row["secret"]] for row in rows]
    _write(tmp_path, "cases.json.tsv", "\n".join("\t".join(line) for line in lines))

    done = subprocess.run([*command, at], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    assert [line == "true" for line in done.stdout.lower().split()] == [
        is_right for _case, is_right in wanted
    ]


def test_the_library_of_standard_webhooks_accepts_it() -> None:
    sent = headers(SECRET, OLD)
    for secret in (SECRET, OLD):
        assert Webhook(secret).verify(BODY, sent)["eventId"] == "evt_1"
