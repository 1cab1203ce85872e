"""JupyterHub settings that every kind of spawner shares: jupyterhub_config.py loads this file, and
The Littlest JupyterHub does from /opt/tljh/config/jupyterhub_config.d. See docs/teaching/server.md.
"""

c = get_config()  # noqa: F821, given by JupyterHub

# The lessons lie in the home before JupyterLab opens it; what is there is never overwritten.
start = 'facelib learn --no-open && exec jupyterhub-singleuser "$@"'
c.Spawner.cmd = ["sh", "-c", start, "start"]
c.Spawner.default_url = "/lab/tree/compact-face-lessons"
c.Spawner.start_timeout = c.Spawner.http_timeout = 120  # thirty begin at the same minute
c.Spawner.args = [
    "--LabApp.news_url=None",  # no question about news, and none to a server elsewhere
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--MappingKernelManager.cull_idle_timeout=3600",  # seconds; a kernel holds its memory
    "--MappingKernelManager.cull_connected=True",
]

c.Spawner.mem_limit = "3G"
c.Spawner.cpu_limit = 2
c.Spawner.environment = {
    # Eight kernels on two cores took half the time, and half the CPU time, on one thread each: see
    # docs/teaching/server.md. Without this line a kernel takes two.
    "FACELIB_THREADS": "1",
    # An idle thread sleeps soon instead of keeping a core from others. Lessons import torch first,
    # which reads it then, so that facelib, which sets it, would come too late.
    "GOMP_SPINCOUNT": "10000",
}
