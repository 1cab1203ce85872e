"""A real hub with the settings of deploy/, but local processes, gives a student a lesson."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from websocket import create_connection

from facecourse.learn import FOLDER

ROOT = Path(__file__).parents[2]
OVERRIDES = """
c = get_config()
load_subconfig({config!r})
c.JupyterHub.spawner_class = "simple"  # processes of this machine instead of containers
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r} + "/{{username}}"
c.JupyterHub.bind_url = "http://127.0.0.1:{ports[0]}"
c.JupyterHub.hub_ip, c.JupyterHub.hub_port = "127.0.0.1", {ports[1]}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{ports[2]}"
c.Spawner.args += ["--allow-root"]
"""


def free_ports(number):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [taken.getsockname()[1] for taken in sockets]
    for taken in sockets:
        taken.close()
    return ports


def wait(answer, seconds):
    """What `answer()` gives once it is true."""
    end = time.monotonic() + seconds * float(os.environ.get("FACELIB_PATIENCE", "1"))
    while time.monotonic() < end:
        try:
            if found := answer():
                return found
        except requests.ConnectionError:
            pass
        time.sleep(0.5)
    raise TimeoutError(f"no answer in {seconds} s")


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """The address of a running hub for a teacher and two students."""
    if shutil.which("npm") is None:
        pytest.skip("npm was not found")
    folder = tmp_path_factory.mktemp("hub")
    deploy = shutil.copytree(ROOT / "deploy", folder / "deploy")
    (deploy / "students.txt").write_text("teacher\nada\nblaise\n")
    packages = folder / "packages"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", packages]
    subprocess.run([*pip, "-r", ROOT / "requirements" / "hub.txt"], check=True)
    npm = [shutil.which("npm"), "install", "--no-audit", "--no-fund", "--prefix", folder]
    subprocess.run([*npm, "configurable-http-proxy@5"], check=True)
    ports = free_ports(3)
    config = str(deploy / "jupyterhub_config.py")
    text = OVERRIDES.format(config=config, homes=str(folder / "homes"), ports=ports)
    (folder / "config.py").write_text(text)
    (folder / "homes").mkdir()
    paths = [packages / "bin", folder / "node_modules" / ".bin", Path(sys.executable).parent]
    environment = os.environ | {
        "PATH": os.pathsep.join([*map(str, paths), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([str(packages), str(ROOT)]),
    }
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        environment.pop(name, None)
    with (folder / "hub.log").open("w") as log:
        command = [sys.executable, "-m", "jupyterhub", "-f", folder / "config.py"]
        how = {"cwd": folder, "env": environment, "stdout": log, "stderr": log}
        running = subprocess.Popen(command, **how)
        try:
            address = f"http://127.0.0.1:{ports[0]}"
            wait(lambda: requests.get(f"{address}/hub/api", timeout=5).ok, 60)
            yield address
        finally:
            running.terminate()
            running.wait(60)
            print((folder / "hub.log").read_text()[-6000:])


def log_in(hub, name, password):
    session = requests.Session()
    session.get(f"{hub}/hub/login", timeout=10)
    form = {"username": name, "password": password, "_xsrf": session.cookies["_xsrf"]}
    return session, session.post(f"{hub}/hub/login", data=form, timeout=20, allow_redirects=False)


@pytest.fixture(scope="module")
def ada(hub):
    """A session that has a token of Ada's, whose server runs."""
    session, answer = log_in(hub, "ada", "one of her own")
    assert answer.status_code == 302, answer.text
    users = f"{hub}/hub/api/users/ada"
    headers = {"X-XSRFToken": session.cookies.get("_xsrf", path="/hub/")}
    made = session.post(f"{users}/tokens", json={}, headers=headers, timeout=10)
    assert made.status_code == 201, made.text
    token = requests.Session()
    token.headers["Authorization"] = f"token {made.json()['token']}"
    assert token.post(f"{users}/server", timeout=130).status_code in (201, 202)
    wait(lambda: token.get(users, timeout=10).json()["servers"].get("", {}).get("ready"), 120)
    return token


def run_cells(server, session, cells):
    """What a kernel of this server prints for these cells; an error in one ends the test."""
    kernel = session.post(f"{server}/api/kernels", json={"name": "python3"}, timeout=60).json()
    address = f"{server}/api/kernels/{kernel['id']}/channels".replace("http", "ws", 1)
    authorization = f"Authorization: {session.headers['Authorization']}"
    channel = create_connection(address, header=[authorization], timeout=180)
    said = []
    for number, cell in enumerate(cells):
        header = {"msg_id": str(number), "msg_type": "execute_request", "session": "s"}
        header |= {"username": "ada", "version": "5.3"}
        options = {"silent": False, "store_history": False, "allow_stdin": False}
        content = {"code": cell, "stop_on_error": True, "user_expressions": {}, **options}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
        channel.send(json.dumps({**message, "channel": "shell"}))
        while True:
            answer = json.loads(channel.recv())
            if answer["parent_header"].get("msg_id") != str(number):
                continue
            kind, content = answer["msg_type"], answer["content"]
            assert kind != "error", content
            said += [content["text"]] if kind == "stream" else []
            if content.get("execution_state") == "idle":
                break
    channel.close()
    return "".join(said)


@pytest.mark.nightly
def test_a_student_finds_the_lessons_and_runs_cells_of_one_on_the_threads_of_a_class(hub, ada):
    server = f"{hub}/user/ada"
    listed = ada.get(f"{server}/api/contents/{FOLDER}", timeout=30).json()["content"]
    names = sorted(file["name"] for file in listed)
    assert len(names) == 13
    path = f"{server}/api/contents/{FOLDER}/{names[3]}"
    cells = ada.get(path, timeout=30).json()["content"]["cells"]
    code = [cell["source"] for cell in cells if cell["cell_type"] == "code"][:4]
    code = [cell.replace("profile = None", 'profile = "smoke"') for cell in code]
    ask = "import os; print('threads', torch.get_num_threads(), os.environ['GOMP_SPINCOUNT'])"
    said = run_cells(server, ada, [*code, ask])
    assert "threads 1 10000" in said


@pytest.mark.nightly
def test_nobody_enters_who_is_not_of_the_class_or_with_another_password(hub, ada):
    assert log_in(hub, "mallory", "anything long")[1].status_code == 403
    assert log_in(hub, "ada", "not what she typed first")[1].status_code == 403
    assert requests.get(f"{hub}/user/ada/api/contents", timeout=10).status_code == 403
