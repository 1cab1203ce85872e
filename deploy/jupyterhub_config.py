"""A hub on the host and a container for each student: `jupyterhub -f deploy/jupyterhub_config.py`.

Set up as docs/teaching/server.md says: the image of deploy/Containerfile, a network without a way
out, and students.txt, a name a line, the teacher's first.
"""

from pathlib import Path

c = get_config()  # noqa: F821, given by JupyterHub
HERE = Path(__file__).resolve().parent
load_subconfig(str(HERE / "course.py"))  # noqa: F821

HOST = "172.30.0.1"  # the host in the network `lessons`

c.JupyterHub.bind_url = "http://:8000"
c.JupyterHub.hub_ip = HOST

teacher, *students = (HERE / "students.txt").read_text("utf-8").split()
c.JupyterHub.authenticator_class = "firstuse"  # a password is what one types first
c.Authenticator.admin_users = {teacher}
c.Authenticator.allowed_users = {teacher, *students}
c.FirstUseAuthenticator.create_users = False

c.JupyterHub.spawner_class = "docker"  # or Podman, where DOCKER_HOST names its socket
c.DockerSpawner.image = "compact-face-course"
c.DockerSpawner.network_name = "lessons"
c.DockerSpawner.volumes = {"lessons-{username}": "/home/student"}
c.DockerSpawner.notebook_dir = "/home/student"
c.DockerSpawner.remove = True  # the home is a volume and stays
c.DockerSpawner.extra_host_config = {
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "pids_limit": 512,
}
