package com.bytefreezer.connector.destination;

import com.bytefreezer.connector.config.Destination;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.delivery.Check;
import com.bytefreezer.connector.net.HostNames;
import com.bytefreezer.connector.net.Tls;
import com.bytefreezer.connector.problem.Failures;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * Checks a destination that has an address and no check of its own: connects to the address, as far as TLS, and sends no
 * request. Used once.
 */
public final class UrlCheck {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Settings settings;
    private final Destination destination;
    private final CamelContext camel;

    /** @param settings the settings of the destination: its address, and those of TLS and a proxy by their names */
    public UrlCheck(Settings settings, Destination destination, CamelContext camel) {
        this.settings = settings;
        this.destination = destination;
        this.camel = camel;
    }

    /** Whether there is an address to connect to. */
    public static boolean fits(Destination destination) {
        return !destination.addresses().isEmpty();
    }

    /** @throws IOException if there is no connection */
    public Check check() throws IOException {
        String name = destination.addresses().get(0).name();
        URI url = uri(settings.optional(name).orElse(""));
        String host = url == null ? null : HostNames.of(url);
        if (url == null || host == null) {
            return Check.failed(
                    "%s is not a URL. Check the address, the network and the certificates.".formatted(name));
        }
        boolean secure = "https".equalsIgnoreCase(url.getScheme());
        String proxy = setting("proxy-host");
        int port = HostNames.port(url) > 0 ? HostNames.port(url) : secure ? 443 : 80;
        InetSocketAddress address = proxy.isEmpty()
                ? new InetSocketAddress(host, port)
                : new InetSocketAddress(
                        proxy,
                        Optional.of(setting("proxy-port"))
                                .filter(given -> !given.isEmpty())
                                .map(Integer::valueOf)
                                .orElse(3128));
        if (address.isUnresolved()) {
            throw new IOException("unknown host " + address.getHostString());
        }
        try (Socket socket = new Socket()) {
            socket.connect(address, (int) PATIENCE.toMillis());
            if (!proxy.isEmpty()) {
                return Check.unknown(
                        "The proxy answers. Only the test record shows whether the destination behind it works.");
            }
            if (secure) {
                handshake(socket, host, port);
            }
        }
        return Check.ok("%s can be reached%s. Only the test record shows whether it accepts records."
                .formatted(Failures.host(url.toString()), secure ? " and its certificate is trusted" : ""));
    }

    private void handshake(Socket socket, String host, int port) throws IOException {
        socket.setSoTimeout((int) PATIENCE.toMillis());
        try (SSLSocket secured =
                (SSLSocket) tls().createSSLContext(camel).getSocketFactory().createSocket(socket, host, port, true)) {
            SSLParameters parameters = secured.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            secured.setSSLParameters(parameters);
            secured.startHandshake();
        }
    }

    private Tls tls() {
        Tls tls = new Tls();
        tls.setCaFile(setting("ca-file"));
        tls.setCertificateFile(setting("certificate-file"));
        tls.setKeyFile(setting("key-file"));
        tls.setKeyPassword(setting("key-password"));
        return tls;
    }

    /** The first of several URLs; placeholders for datasets are only in its path. */
    private static @Nullable URI uri(String addresses) {
        try {
            URI uri = URI.create(addresses.split(",", 2)[0].strip().replaceFirst("\\{.*", ""));
            return List.of("http", "https").contains(uri.getScheme()) ? uri : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private String setting(String shortName) {
        return settings.optional(destination.setting(shortName)).orElse("");
    }
}
