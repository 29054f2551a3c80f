"""Dialogue states as a planner meets them."""

from agent.values import DialogueState, Standing
from catalog.values import TrackId
from retrieval.constraints import Constraint, Relaxation
from retrieval.values import SceneBrief

ARTISTS = ("Maxstack", "The Bards", "Ada Sun")
SCENE = SceneBrief(0.5, 0.0, 0.5, 110.0, {}, ("alp",), "evenly lit")
LIST = Standing(
    text="",
    constraints=(Constraint("genre", "is", "rock", "rock", hard=False),),
    results=tuple(TrackId(f"t{i}") for i in range(8)),
    whys=("because",) * 8,
    scores=(0.8,) * 8,
)
FRESH = DialogueState(session_id="test-session")
LISTED = FRESH.model_copy(update={"standing": LIST, "turn": 1})
OFFERED = LISTED.model_copy(update={"pending_generation": "calm piano"})
BLOCKED = LISTED.model_copy(
    update={"pending_relaxation": Relaxation(Constraint("year", "is", 1985.0, "from 1985"), None, 3)}
)
WATCHED = LISTED.model_copy(update={"standing": LIST.model_copy(update={"scene": SCENE, "scene_name": "clip.mp4"})})
