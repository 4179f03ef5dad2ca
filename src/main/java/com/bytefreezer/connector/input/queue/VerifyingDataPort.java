package com.bytefreezer.connector.input.queue;

import io.nats.client.impl.SocketDataPort;
import java.io.IOException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.apache.hc.client5.http.ssl.DefaultHostnameVerifier;

/** NATS' client takes any certificate of a known authority. This checks before the login that it is for the host. */
public final class VerifyingDataPort extends SocketDataPort {
    /** For NATS' client. */
    public VerifyingDataPort() {}

    @Override
    public void upgradeToSecure() throws IOException {
        super.upgradeToSecure();
        if (!(socket instanceof SSLSocket secured)
                || !(secured.getSession().getPeerCertificates()[0] instanceof X509Certificate certificate)) {
            throw new SSLException("there is no TLS with " + host);
        }
        try {
            new DefaultHostnameVerifier().verify(host, certificate);
        } catch (SSLException e) {
            socket.close();
            throw e;
        }
    }
}
