package com.bytefreezer.connector.net;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.TrustOptions;
import java.util.Optional;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import nl.altindag.ssl.exception.GenericException;
import nl.altindag.ssl.pem.util.PemUtils;

/**
 * TLS of a server, from PEM files.
 *
 * @param key its certificate
 * @param clients whose certificates clients must have; empty: they need none
 */
public record ServerTls(X509ExtendedKeyManager key, Optional<X509ExtendedTrustManager> clients) {
    /**
     * Reads the files.
     *
     * @param keyPassword empty: the key has none
     * @param clientCaFile certificate authorities; empty: clients need no certificate
     * @throws ConnectorException if they cannot be used
     */
    public static ServerTls of(String certificateFile, String keyFile, String keyPassword, String clientCaFile) {
        try {
            return new ServerTls(
                    PemUtils.loadIdentityMaterial(
                            Tls.readable(certificateFile),
                            Tls.readable(keyFile),
                            keyPassword.isEmpty() ? null : keyPassword.toCharArray()),
                    clientCaFile.isEmpty()
                            ? Optional.empty()
                            : Optional.of(PemUtils.loadTrustMaterial(Tls.readable(clientCaFile))));
        } catch (GenericException | IllegalArgumentException e) {
            throw new ConnectorException(
                    "TLS: %s cannot be used (%s).".formatted(certificateFile, e.getMessage()),
                    Problem.NOT_STARTED,
                    "Give PEM files: certificates, and an unencrypted or PKCS#8 key.",
                    e);
        }
    }

    /** Lets a server speak nothing else. */
    public void apply(NetServerOptions options) {
        options.setSsl(true).setKeyCertOptions(KeyCertOptions.wrap(key));
        clients.ifPresent(
                trust -> options.setTrustOptions(TrustOptions.wrap(trust)).setClientAuth(ClientAuth.REQUIRED));
    }
}
