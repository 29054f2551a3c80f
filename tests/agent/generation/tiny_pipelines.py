"""Pipelines of diffusers with a handful of random weights, of the real classes, saved as the real ones are."""

import torch
import transformers as tf

RATE = 4000
WORDS = ["<pad>", "</s>", "<unk>", *(f"▁{word}" for word in "calm piano fast in bpm".split()), "▁", *"abcdefgh, "]
NOISE = {
    "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "clip_sample": False,
    "set_alpha_to_one": False,
}  # fmt: skip


def t5():
    tokenizer = tf.T5TokenizerFast(vocab=[(word, -i / 10) for i, word in enumerate(WORDS)], extra_ids=0)
    tokenizer.model_max_length = 24
    config = tf.T5Config(vocab_size=len(WORDS), d_model=32, d_ff=32, d_kv=8, num_layers=1, num_heads=2)
    return tokenizer, tf.T5EncoderModel(config)


def clap(width):
    letters = {letter: 4 + i for i, letter in enumerate("abcdefghijklmnopqrstuvwxyzĠ,")}
    vocabulary = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, **letters, "<mask>": 4 + len(letters)}
    tokenizer = tf.RobertaTokenizerFast(vocab=vocabulary, merges=[], model_max_length=24)
    text = tf.ClapTextConfig(
        vocab_size=64, hidden_size=16, intermediate_size=32, num_attention_heads=2, num_hidden_layers=1,
        projection_dim=width, bos_token_id=0, pad_token_id=1, eos_token_id=2,
    )  # fmt: skip
    audio = tf.ClapAudioConfig(
        spec_size=64, window_size=4, num_mel_bins=64, depths=[1, 1], num_attention_heads=[2, 2], num_hidden_layers=2,
        hidden_size=96, patch_embeds_hidden_size=48, projection_dim=width, patch_size=2, patch_stride=2,
        patch_embed_input_channels=4,
    )  # fmt: skip
    config = tf.ClapConfig(text_config=text.to_dict(), audio_config=audio.to_dict(), projection_dim=width)
    return tokenizer, tf.ClapModel(config), tf.ClapFeatureExtractor()


def spectrogram_parts(diffusers):
    vae = diffusers.AutoencoderKL(
        in_channels=1, out_channels=1, block_out_channels=[32, 32], latent_channels=4,
        down_block_types=["DownEncoderBlock2D"] * 2, up_block_types=["UpDecoderBlock2D"] * 2,
    )  # fmt: skip
    vocoder = tf.SpeechT5HifiGanConfig(
        model_in_dim=8, sampling_rate=RATE, upsample_initial_channel=8, upsample_rates=[4, 2],
        upsample_kernel_sizes=[8, 4], resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1, 3]],
        normalize_before=False,
    )  # fmt: skip
    loud = tf.SpeechT5HifiGan(vocoder)
    loud.conv_post.weight.data *= 100_000  # untrained weights would be silent
    return {"vae": vae, "vocoder": loud, "scheduler": diffusers.DDIMScheduler(**NOISE)}


UNET = {
    "block_out_channels": (32, 32), "layers_per_block": 1, "sample_size": 16, "in_channels": 4, "out_channels": 4,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
}  # fmt: skip


def musicldm(diffusers):
    tokenizer, text_encoder, feature_extractor = clap(32)
    unet = diffusers.UNet2DConditionModel(
        **UNET, cross_attention_dim=(32, 32), class_embed_type="simple_projection",
        projection_class_embeddings_input_dim=32, class_embeddings_concat=True,
    )  # fmt: skip
    return diffusers.MusicLDMPipeline(
        **spectrogram_parts(diffusers), unet=unet, tokenizer=tokenizer, text_encoder=text_encoder,
        feature_extractor=feature_extractor,
    )  # fmt: skip


def audioldm2(diffusers):
    tokenizer, text_encoder, feature_extractor = clap(16)
    tokenizer_2, text_encoder_2 = t5()
    language = tf.GPT2Config(n_embd=16, n_head=2, n_layer=1, vocab_size=64, n_positions=64, max_new_tokens=4)
    model = tf.GPT2LMHeadModel(language)
    unet = diffusers.AudioLDM2UNet2DConditionModel(**UNET, cross_attention_dim=([None, 16, 32], [None, 16, 32]))
    projection = diffusers.AudioLDM2ProjectionModel(
        text_encoder_dim=16,
        text_encoder_1_dim=32,
        langauge_model_dim=16,  # spelt so by the library
    )
    return diffusers.AudioLDM2Pipeline(
        **spectrogram_parts(diffusers), unet=unet, tokenizer=tokenizer, text_encoder=text_encoder,
        feature_extractor=feature_extractor, tokenizer_2=tokenizer_2, text_encoder_2=text_encoder_2,
        language_model=model, projection_model=projection,
    )  # fmt: skip


def stable_audio(diffusers):
    tokenizer, text_encoder = t5()
    transformer = diffusers.StableAudioDiTModel(
        sample_size=500, in_channels=3, out_channels=3, num_layers=1, attention_head_dim=4,
        num_key_value_attention_heads=2, num_attention_heads=4, cross_attention_dim=4, cross_attention_input_dim=4,
        time_proj_dim=8, global_states_input_dim=8,
    )  # fmt: skip
    vae = diffusers.AutoencoderOobleck(
        encoder_hidden_size=6, downsampling_ratios=[4, 4], decoder_channels=3, decoder_input_channels=3,
        audio_channels=2, channel_multiples=[2, 4], sampling_rate=RATE,
    )  # fmt: skip
    scheduler = diffusers.CosineDPMSolverMultistepScheduler(
        solver_order=2, prediction_type="v_prediction", sigma_data=1.0, sigma_schedule="exponential"
    )
    projection = diffusers.StableAudioProjectionModel(
        text_encoder_dim=32, conditioning_dim=4, min_value=0, max_value=32
    )
    return diffusers.StableAudioPipeline(
        vae=vae, text_encoder=text_encoder, tokenizer=tokenizer, transformer=transformer, scheduler=scheduler,
        projection_model=projection,
    )  # fmt: skip


BUILDERS = {"musicldm": musicldm, "audioldm2": audioldm2, "stable-audio-open": stable_audio}


def save(name, folder):
    """Save a tiny checkpoint of a system and return its folder."""
    import diffusers

    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    tf.utils.logging.set_verbosity_error()
    tf.utils.logging.disable_progress_bar()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        BUILDERS[name](diffusers).save_pretrained(folder)
    return folder
