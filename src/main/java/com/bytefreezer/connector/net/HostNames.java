package com.bytefreezer.connector.net;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Host names with an underscore, as Compose and Swarm give to services. They resolve, but {@link URI} sees no host in
 * them, nor do libraries that use it. Such libraries get a name that stands for the real one.
 */
public final class HostNames {
    private static final Pattern UNDERSCORED = Pattern.compile(
            "(?<before>[a-z0-9+.-]+://(?:[^/?#@]*@)?)(?<host>[^/?#@:\\[\\]]*_[^/?#@:\\[\\]]*)(?<after>(?::[0-9]*)?(?:[/?#].*)?)",
            Pattern.DOTALL);
    private static final Pattern STAND_IN = Pattern.compile("h((?:[0-9a-f]{2})+)\\.underscore\\.invalid");
    private static final Pattern AUTHORITY =
            Pattern.compile("(?:.*@)?(?<host>[^@:\\[\\]]+|\\[[^]]*])(?::(?<port>[0-9]{0,9}))?");

    private HostNames() {}

    /** A URL for libraries: unchanged, or with a substitute name if its host has an underscore. */
    public static String legal(String url) {
        Matcher matcher = UNDERSCORED.matcher(url);
        return matcher.matches()
                ? matcher.group("before") + "h"
                        + HexFormat.of().formatHex(matcher.group("host").getBytes(StandardCharsets.UTF_8))
                        + ".underscore.invalid" + matcher.group("after")
                : url;
    }

    /** The real name behind {@code host}, if it is a substitute. */
    public static Optional<String> real(String host) {
        Matcher matcher = STAND_IN.matcher(host);
        return matcher.matches()
                ? Optional.of(new String(HexFormat.of().parseHex(matcher.group(1)), StandardCharsets.UTF_8))
                : Optional.empty();
    }

    /** The host of a URL, even if {@link URI#getHost} finds none; null if there is none. */
    public static @Nullable String of(URI url) {
        Matcher authority = authority(url);
        return authority == null ? null : authority.group("host");
    }

    /** The port of a URL; -1 if it has none. */
    public static int port(URI url) {
        Matcher authority = authority(url);
        String port = authority == null ? null : authority.group("port");
        return port == null || port.isEmpty() ? -1 : Integer.parseInt(port);
    }

    private static @Nullable Matcher authority(URI url) {
        String text = url.getRawAuthority();
        Matcher matcher = text == null ? null : AUTHORITY.matcher(text);
        return matcher != null && matcher.matches() ? matcher : null;
    }
}
