"""The aws command without its start: one process that has it loaded and forks for each call. The scripts make hundreds of calls in a test.

usage: aws_server.py SOCKET FOLDER      writes FOLDER/aws, which hands its arguments, environment and files to SOCKET
"""
import gc
import json
import os
import signal
import socket
import sys

CLIENT = """#!{python} -ISs
import json, os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({path!r})
socket.send_fds(server, [json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]).encode() + b"\\0"], [0, 1, 2])
os._exit(int(server.recv(4) or b"255"))
"""


def remember_files():
    """The AWS CLI reads the same descriptions of services in every call, and looks through their folder five times."""
    from botocore import loaders

    def once(holder, name):
        original, answers = getattr(holder, name), {}

        def answer(self, *arguments, **named):
            key = (*arguments, *sorted(named.items()), tuple(getattr(self, "search_paths", ())))
            if key not in answers:
                answers[key] = original(self, *arguments, **named)
            return answers[key]

        setattr(holder, name, answer)

    once(loaders.JSONFileLoader, "load_file")
    once(loaders.Loader, "list_available_services")


def serve(path, folder):
    from awscli import clidriver

    data_path = os.environ["AWS_DATA_PATH"]  # where the CLI's own data lie: set by its import
    remember_files()
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    for service, operation in (("ecs", "list-clusters"), ("ssm", "describe-parameters"), ("deploy", "list-applications")):
        sys.argv = ["aws", service, operation, "--generate-cli-skeleton"]
        with open(os.devnull, "w") as sys.stdout:
            clidriver.main()
    sys.stdout = sys.__stdout__
    gc.freeze()  # what is loaded stays where it is, in memory that all children share
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    command = os.path.join(folder, "aws")
    with open(command, "w") as out:
        out.write(CLIENT.format(python=sys.executable, path=path))
    os.chmod(command, 0o755)
    while True:
        connection, _ = listener.accept()
        if os.fork():
            connection.close()
            continue
        data, files, _, _ = socket.recv_fds(connection, 65536, 3)
        while not data.endswith(b"\0"):
            data += connection.recv(65536)
        arguments, environment, cwd = json.loads(data[:-1])
        for number, file in enumerate(files):
            os.dup2(file, number)
        os.environ.clear()
        os.environ.update(environment, AWS_DATA_PATH=data_path)
        os.chdir(cwd)
        sys.argv = ["aws", *arguments]
        try:
            code = clidriver.main()
        except SystemExit as exit:
            code = exit.code
        sys.stdout.flush()
        sys.stderr.flush()
        connection.send(str(code or 0).encode())
        os._exit(0)


if __name__ == "__main__":
    serve(*sys.argv[1:])
