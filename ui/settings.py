"""Settings: environment ``TRICHORD_*`` over a TOML file over defaults. The only reader of the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

APP = "trichord"
# Whose the taste is on one's own machine.
LOCAL_USER = "local"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


DEFAULT_LLM = "qwen2.5-coder-1.5b"


class SettingsError(ValueError):
    """A setting is wrong; the message says which, what it is and what it may be."""


def default_config_file() -> Path:
    """Return where the TOML file is looked for."""
    return Path(platformdirs.user_config_dir(APP)) / "trichord.toml"


class GeneratorSettings(BaseModel):
    """What is set for one music generator of the table; the lower ones replace what the table says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weights: str | None = Field(default=None, description="folder of its weights")
    url: str | None = Field(default=None, description="address of its server")
    key: SecretStr | None = Field(default=None, description="of its server")
    command: tuple[str, ...] = Field(default=(), description="the words of what runs it")
    folder: Path | None = Field(default=None, description="where its command is run")
    device: Literal["cpu", "cuda", "mps"] = "cpu"
    adapters: Path | None = Field(default=None, description="folder of its LoRA adapters")
    title: str | None = Field(default=None, max_length=60)
    capabilities: tuple[str, ...] | None = None
    min_seconds: float | None = None
    max_seconds: float | None = None
    model: str | None = None
    weights_licence: str | None = None
    noncommercial: bool | None = None
    http: dict[str, Any] | None = Field(default=None, description="how its server is spoken to")

    @property
    def secret(self) -> str | None:
        """Return the key itself."""
        return None if self.key is None else self.key.get_secret_value()

    def changes(self) -> dict[str, Any]:
        """Return what replaces fields of the table."""
        own = {"weights", "url", "key", "command", "folder", "device", "adapters"}
        return {name: value for name, value in self.model_dump(exclude=own).items() if value is not None}


class Settings(BaseSettings):
    """Everything that can be set. Each name is an environment variable with ``TRICHORD_`` in front."""

    model_config = SettingsConfigDict(env_prefix="TRICHORD_", extra="forbid", frozen=True)

    data_dir: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir(APP)))
    models_dir: Path | None = Field(default=None, description="where weights lie; default: DATA_DIR/models")
    host: str = "127.0.0.1"
    port: int = Field(default=7860, ge=1, le=65535)
    api_keys: tuple[str, ...] = Field(default=(), description="if any is set, /v1 asks for one of them")
    user_keys: dict[str, str] = Field(
        default={}, description="a key by user: it opens that user's profile and no other"
    )
    rate_limit: str = Field(
        default="auto",
        pattern=r"^(auto|off|[1-9]\d{0,6}/(second|minute|hour|day))$",
        description="requests of one key or address; auto: 120/minute, and off while listening on loopback",
    )
    allowed_origins: tuple[str, ...] = Field(default=(), description="further web origins that may call the server")
    workers: int = Field(default=2, ge=1, le=64, description="files measured side by side")
    planner: Literal["auto", "rules", "llm"] = "auto"
    words: Literal["templates", "llm"] = Field(
        default="templates", description="who words the replies; a model sees the evidence alone and is verified"
    )
    llm: str = Field(default="embedded", description="embedded[:ID] | none | openai:NAME | ollama:NAME | provider:NAME")
    llm_base_url: str | None = None
    llm_api_key: str | None = None
    llm_timeout_s: float = Field(default=20.0, gt=0, le=600, description="seconds a turn may wait for the model")
    llm_form: Literal["auto", "tools", "schema"] = Field(default="auto", description="how a plan is asked for")
    llm_calls_per_turn: int = Field(default=3, ge=1, le=10, description="the first call and its repetitions")
    llm_tokens_per_turn: int = Field(default=8_000, ge=1, description="of all calls of a turn, in and out")
    llm_reply_tokens: int = Field(default=512, ge=16, description="of one reply")
    llm_price_per_million: float = Field(default=0.0, ge=0, description="of tokens, in whatever currency")
    llm_cost_per_day: float = Field(default=0.0, ge=0, description="the same currency; 0: no cap")
    llm_failures: int = Field(default=3, ge=1, description="in a row, until the model rests")
    llm_rest_s: float = Field(default=60.0, gt=0, description="how long it then rests")
    llm_cassette: Path | None = Field(default=None, description="file of recorded model traffic")
    llm_cassette_mode: Literal["record", "replay"] = "replay"
    text_encoder: str = Field(default="bge-small", description="bge-small, or a sentence-transformers name or folder")
    ranker: Literal["auto", "learned", "mean", "fusion"] = Field(default="auto", description="orders the results")
    read_again: bool = Field(default=False, description="let the cross-encoder read the best candidates again")
    music_encoder: str = Field(default="musicnn", description="musicnn, clap:NAME, mert:NAME or mulan:NAME")
    vision_encoder: str = Field(default="efficientnet", description="efficientnet, clip:NAME or siglip:NAME")
    soundfont: Path | None = None
    musicgen: str | None = Field(
        default=None, description="hub name or folder of MusicGen; its weights are non-commercial"
    )
    generators: dict[str, GeneratorSettings] = Field(default={}, description="music generators by their ids")
    generation_licences: Literal["any", "commercial"] = Field(
        default="any", description="commercial: only weights that may be used commercially"
    )
    allow_noncommercial: bool = False
    generations_per_user: int = Field(default=8, ge=1, le=200, description="unfinished pieces that one may have")
    block_near_copies: bool = Field(default=False, description="do not keep a piece that nearly copies a track")
    max_upload_mb: int = Field(default=512, ge=1, le=4096)
    mcp_folders: tuple[Path, ...] = Field(default=(), description="folders whose files MCP clients may name")
    library_folders: tuple[Path, ...] = Field(default=(), description="folders that the page may ingest from")
    subsonic_password: SecretStr | None = Field(default=None, description="of the music server; asked for unless set")
    retrain_playlists: bool = Field(default=True, description="a server trains playlist models again by itself")
    use_hub: bool = Field(default=True, description="ask a model hub before the package index when pulling")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the TOML file under the environment."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, default_config_file())

    @property
    def keys(self) -> tuple[str, ...]:
        """Return every key that opens the server."""
        return (*self.api_keys, *self.user_keys.values())

    @property
    def catalogue_path(self) -> Path:
        """Return the catalogue's database file."""
        return self.data_dir / "catalogue.db"

    @property
    def ranker_path(self) -> Path:
        """Return the folder of a ranker trained on the user's own catalogue."""
        return self.data_dir / "ranker"

    @property
    def detector_path(self) -> Path:
        """Return the folder of a detector of generated music; none ships."""
        return self.models_path / "detector"

    @property
    def reward_path(self) -> Path:
        """Return the folder of a reward model trained on the votes of blind battles."""
        return self.data_dir / "reward"

    @property
    def router_path(self) -> Path:
        """Return the file of a router trained on the user's own catalogue."""
        return self.data_dir / "router" / "router.npz"

    @property
    def embedded_llm(self) -> str | None:
        """Return the id of the embedded language model that is set ("embedded" is the default one); None for others."""
        kind, _, model = self.llm.partition(":")
        return (model or DEFAULT_LLM) if kind == "embedded" else None

    @property
    def playlist_models_path(self) -> Path:
        """Return the folder of the playlist models trained on the user's own lists."""
        return self.data_dir / "playlist_models"

    @property
    def llm_account_path(self) -> Path:
        """Return the file of what the language model cost today, and whether it rests."""
        return self.data_dir / "language_model.json"

    @property
    def models_path(self) -> Path:
        """Return the folder of the model weights."""
        return self.models_dir or self.data_dir / "models"

    @property
    def trimodal_path(self) -> Path:
        """Return the folder of the tri-modal model."""
        return self.models_path / "trimodal"


def load_settings(data_dir: Path | None = None) -> Settings:
    """Read the settings; a `data_dir` given here (from ``--data-dir``) wins.

    Raises:
        SettingsError: a value is wrong, or the TOML file is no TOML.
    """
    try:
        return Settings() if data_dir is None else Settings(data_dir=data_dir)
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(p) for p in first["loc"])
        raise SettingsError(
            f"The setting {name!r} is {str(first.get('input'))[:80]!r}: {first['msg']} "
            f"(set TRICHORD_{name.upper()} or edit {default_config_file()})."
        ) from error
    except ValueError as error:
        raise SettingsError(f"The settings file {default_config_file()} cannot be read: {error}.") from error
