package com.bytefreezer.connector.lake;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.net.HostNames;
import com.bytefreezer.connector.net.Tls;
import com.bytefreezer.connector.problem.ConnectorException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The network path to a bucket, the same for listing (AWS SDK) and reading (DuckDB): trusted certificates and proxy.
 *
 * @param caFile certificate authorities in PEM; null for the system's
 * @param proxy like {@code http://proxy:3128}; null for none
 */
public record Network(@Nullable Path caFile, @Nullable URI proxy) {
    /** Without a proxy. */
    static final Network PLAIN = new Network(null, null);

    private static final int USUAL_PROXY_PORT = 80;
    private static final String ON_AWS = ".amazonaws.com";

    /**
     * From {@code s3.ca-file} and the environment variables {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code
     * NO_PROXY}.
     *
     * @throws ConnectorException if the file or the proxy is unusable
     */
    public static Network of(Settings settings, Credentials credentials) {
        Path caFile = settings.optional("s3.ca-file").map(Path::of).orElse(null);
        if (caFile != null && !Files.isReadable(caFile)) {
            throw new ConnectorException("s3.ca-file: the file %s cannot be read. Nothing was read.".formatted(caFile));
        }
        URI endpoint = credentials.endpoint();
        boolean secure = endpoint == null || !"http".equals(endpoint.getScheme());
        String host = endpoint == null ? credentials.bucket() + ".s3" + ON_AWS : HostNames.of(endpoint);
        return new Network(
                caFile,
                settings.environmentVariable(secure ? "HTTPS_PROXY" : "HTTP_PROXY")
                        .filter(proxy -> !isDirect(
                                settings.environmentVariable("NO_PROXY").orElse(""), host))
                        .map(Network::proxy)
                        .orElse(null));
    }

    private static URI proxy(String text) {
        try {
            URI proxy = URI.create(text.contains("://") ? text : "http://" + text);
            if (HostNames.of(proxy) != null
                    && "http".equals(proxy.getScheme())
                    && !proxy.getRawAuthority().contains("@")) {
                return proxy;
            }
        } catch (IllegalArgumentException e) {
            // Reported below without the text, which may contain a password.
        }
        throw new ConnectorException(
                "lake: HTTPS_PROXY or HTTP_PROXY in the environment is not a proxy without a login, such as http://proxy.example:3128. Nothing was read. Correct it, or add the lake's host to NO_PROXY.");
    }

    /** Whether {@code NO_PROXY} contains the host, one of its parent domains, or {@code *}. */
    private static boolean isDirect(String noProxy, @Nullable String host) {
        String name = String.valueOf(host).toLowerCase(Locale.ROOT);
        return Arrays.stream(noProxy.toLowerCase(Locale.ROOT).split("[,\\s]+"))
                .map(entry -> entry.replaceFirst(":\\d+$", "").replaceFirst("^\\*?\\.", ""))
                .anyMatch(entry ->
                        !entry.isEmpty() && (entry.equals("*") || name.equals(entry) || name.endsWith("." + entry)));
    }

    /** Host and port of the proxy in DuckDB's form; empty for none. */
    public String proxyAddress() {
        return proxy == null ? "" : proxyHost() + ":" + proxyPort();
    }

    /** Empty for none. */
    String proxyHost() {
        return proxy == null ? "" : Objects.requireNonNullElse(HostNames.of(proxy), "");
    }

    int proxyPort() {
        return proxy == null || HostNames.port(proxy) < 0 ? USUAL_PROXY_PORT : HostNames.port(proxy);
    }

    SSLContext trust() {
        Tls tls = new Tls();
        tls.setCaFile(caFile == null ? "" : caFile.toString());
        return tls.createSSLContext(tls.getCamelContext());
    }
}
