package com.bytefreezer.connector.delivery;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A certificate authority of the test's own, and what it signs. */
public final class Certificates {
    private static final String PASSWORD = "changeit";

    private final Path folder;

    public Certificates(Path folder) throws Exception {
        this.folder = folder;
        keytool("ca", "-ext", "bc:c");
    }

    /** The certificate in a PEM file. */
    public Path certificate(String name) throws Exception {
        return pem(name + ".pem", "CERTIFICATE", store().getCertificate(name).getEncoded());
    }

    /** The key in a PEM file. */
    public Path key(String name) throws Exception {
        return pem(
                name + "-key.pem",
                "PRIVATE KEY",
                store().getKey(name, PASSWORD.toCharArray()).getEncoded());
    }

    /** Makes a certificate, signed by the authority, for a name like {@code ip:127.0.0.1}. */
    public void sign(String name, String subject) throws Exception {
        keytool(name, "-signer", "ca", "-ext", "san=" + subject);
    }

    /** The TLS of a server with this certificate that trusts the authority. */
    public SSLContext server(String name) throws Exception {
        var only = store();
        for (String other : List.copyOf(java.util.Collections.list(only.aliases()))) {
            if (!other.equals(name) && !other.equals("ca")) {
                only.deleteEntry(other);
            }
        }
        var authority = only.getCertificate("ca");
        only.deleteEntry("ca");
        only.setCertificateEntry("ca", authority);
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(only, PASSWORD.toCharArray());
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(only);
        var tls = SSLContext.getInstance("TLS");
        tls.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return tls;
    }

    private KeyStore store() throws GeneralSecurityException, IOException {
        return KeyStore.getInstance(folder.resolve("keys.p12").toFile(), PASSWORD.toCharArray());
    }

    private Path pem(String file, String label, byte[] content) throws IOException {
        var text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return Files.writeString(
                folder.resolve(file), "-----BEGIN %1$s-----%n%2$s%n-----END %1$s-----%n".formatted(label, text));
    }

    private void keytool(String name, String... options) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                // What runs once is not worth more than the first compiler.
                "-J-XX:TieredStopAtLevel=1",
                "-J-XX:+UseSerialGC",
                "-genkeypair",
                "-keystore",
                folder.resolve("keys.p12").toString(),
                "-storepass",
                PASSWORD,
                "-alias",
                name,
                "-dname",
                "CN=" + name,
                "-keyalg",
                "EC"));
        command.addAll(List.of(options));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException(output);
        }
    }
}
