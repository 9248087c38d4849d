"""What huggingface_hub does with a cache. Called by TestReference, which says how.

    reference.py fetch FILE…    fetch files of org/model as transformers does, one by one
    reference.py find FILE…     find them without asking the hub, and look the cache over
    reference.py lock ETAG      hold the lock of a blob until stdin ends
"""

import os
import sys

import huggingface_hub
from huggingface_hub import constants, file_download, hf_hub_download, scan_cache_dir, snapshot_download, try_to_load_from_cache
from huggingface_hub.errors import EntryNotFoundError
from huggingface_hub.utils import WeakFileLock

REPO = "org/model"


def fetch(files):
    for file in files:
        try:
            hf_hub_download(REPO, file)
        except EntryNotFoundError:
            print("absent", file)


def find(files):
    for file in files:
        path = try_to_load_from_cache(REPO, file)
        if path is file_download._CACHED_NO_EXIST:
            print("absent", file)
            continue
        assert path == hf_hub_download(REPO, file, local_files_only=True), (file, path)
        print("found", file, os.path.getsize(path))
    assert os.path.isdir(snapshot_download(REPO, local_files_only=True))
    cache = scan_cache_dir()
    assert not cache.warnings, cache.warnings
    for repo in cache.repos:
        print("repo", repo.repo_id, repo.size_on_disk, sorted(repo.refs), len(repo.revisions))


def lock(etag):
    with WeakFileLock(os.path.join(constants.HF_HUB_CACHE, ".locks", "models--org--model", etag + ".lock")):
        print("locked", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    print("huggingface_hub", huggingface_hub.__version__, flush=True)
    command, *arguments = sys.argv[1:]
    {"fetch": fetch, "find": find, "lock": lambda files: lock(*files)}[command](arguments)
