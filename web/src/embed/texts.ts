/** Every word a viewer can read or hear. Another language is another object of this type. */
export const texts = {
  title: "Video player",
  loading: "Loading the video",
  play: "Play",
  pause: "Pause",
  replay: "Play again",
  mute: "Mute",
  unmute: "Unmute",
  volume: "Volume",
  seek: "Position",
  position: (now: string, total: string) => `${now} of ${total}`,
  settings: "Quality and speed",
  quality: "Quality",
  auto: "Auto",
  autoAt: (quality: string) => `Auto (${quality})`,
  captions: "Captions",
  off: "Off",
  speed: "Speed",
  normalSpeed: "Normal",
  pictureInPicture: "Picture in picture",
  fullscreen: "Full screen",
  exitFullscreen: "Leave full screen",
  vimeoFrame: "Vimeo player",
  retry: "Try again",
  stillEncoding: (percent: number) => `Still being prepared: ${percent} %`,
  messages: {
    encoding: {
      title: "This video is being prepared",
      body: "Stay on this page: it opens here as soon as it can be watched.",
    },
    nothing: {
      title: "Nothing to watch yet",
      body: "This video has not been published. Check back later.",
    },
    denied: {
      title: "This video is not public",
      body: "Sign in with an account that may watch it, or ask its owner for access.",
    },
    missing: {
      title: "There is no video here",
      body: "It may have been removed, or the link is incomplete.",
    },
    unreachable: {
      title: "The video could not be loaded",
      body: "Check your connection, then try again.",
    },
    broken: {
      title: "Playback has stopped",
      body: "Something went wrong while playing. You can go on from where you were.",
    },
    unsupported: {
      title: "This browser cannot play the video",
      body: "Please open it in a current version of Chrome, Edge, Firefox or Safari.",
    },
  },
};

export type MessageKind = keyof typeof texts.messages;
