package com.bytefreezer.connector.net;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.net.ssl.SSLContext;
import nl.altindag.ssl.SSLFactory;
import nl.altindag.ssl.exception.GenericException;
import nl.altindag.ssl.pem.util.PemUtils;
import org.apache.camel.CamelContext;
import org.apache.camel.support.jsse.SSLContextParameters;

/**
 * TLS of one destination from PEM files, for Camel's {@code sslContextParameters}. Always verifies host names. Without
 * files: the certificate authorities of the Java installation and no client certificate.
 */
public final class Tls extends SSLContextParameters {
    private String caFile = "";
    private String certificateFile = "";
    private String keyFile = "";
    private String keyPassword = "";

    /** Sets certificate authorities to trust besides those of the Java installation. */
    public void setCaFile(String caFile) {
        this.caFile = caFile;
    }

    /** Sets the client certificate; its key must be set too. */
    public void setCertificateFile(String certificateFile) {
        this.certificateFile = certificateFile;
    }

    public void setKeyFile(String keyFile) {
        this.keyFile = keyFile;
    }

    public void setKeyPassword(String keyPassword) {
        this.keyPassword = keyPassword;
    }

    @Override
    public SSLContext createSSLContext(CamelContext camelContext) {
        SSLFactory.Builder factory = SSLFactory.builder().withDefaultTrustMaterial();
        try {
            if (!caFile.isBlank()) {
                factory.withTrustMaterial(PemUtils.loadTrustMaterial(readable(caFile)));
            }
            if (!certificateFile.isBlank()) {
                char[] password = keyPassword.isBlank() ? null : keyPassword.toCharArray();
                factory.withIdentityMaterial(
                        PemUtils.loadIdentityMaterial(readable(certificateFile), readable(keyFile), password));
            }
            return factory.build().getSslContext();
        } catch (GenericException | IllegalArgumentException e) {
            throw new ConnectorException(
                    "TLS: %s cannot be used (%s)."
                            .formatted(certificateFile.isBlank() ? caFile : certificateFile, e.getMessage()),
                    Problem.NOT_STARTED,
                    "Give PEM files: certificates, and an unencrypted or PKCS#8 key.",
                    e);
        }
    }

    static Path readable(String file) {
        Path path = Path.of(file);
        if (!Files.isReadable(path)) {
            throw new ConnectorException(
                    "TLS: the file %s cannot be read.".formatted(file), Problem.NOT_STARTED, "", null);
        }
        return path;
    }
}
