package com.bytefreezer.connector.delivery;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate authority of the test's own, and what it signs. */
public final class Certificates {
    private static final String AUTHORITY = "ca";

    private final Path folder;
    private final Map<String, Signed> all = new HashMap<>();

    private record Signed(PrivateKey key, X509Certificate certificate) {}

    public Certificates(Path folder) throws Exception {
        this.folder = folder;
        KeyPair pair = pair();
        make(AUTHORITY, pair, pair.getPrivate(), Extension.basicConstraints, new BasicConstraints(true));
    }

    /** The certificate in a PEM file. */
    public Path certificate(String name) throws Exception {
        return pem(name + ".pem", "CERTIFICATE", all.get(name).certificate.getEncoded());
    }

    /** The key in a PEM file. */
    public Path key(String name) throws Exception {
        return pem(name + "-key.pem", "PRIVATE KEY", all.get(name).key.getEncoded());
    }

    /** Makes a certificate, signed by the authority, for names like {@code ip:127.0.0.1,dns:localhost}. */
    public void sign(String name, String subject) throws Exception {
        GeneralName[] names = Stream.of(subject.split(","))
                .map(one -> one.split(":", 2))
                .map(one -> new GeneralName(one[0].equals("ip") ? GeneralName.iPAddress : GeneralName.dNSName, one[1]))
                .toArray(GeneralName[]::new);
        make(name, pair(), all.get(AUTHORITY).key, Extension.subjectAlternativeName, new GeneralNames(names));
    }

    /** The TLS of a server with this certificate that trusts the authority. */
    public SSLContext server(String name) throws Exception {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        var authority = all.get(AUTHORITY).certificate;
        store.setCertificateEntry(AUTHORITY, authority);
        store.setKeyEntry(
                name, all.get(name).key, new char[0], new X509Certificate[] {all.get(name).certificate, authority});
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, new char[0]);
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        var tls = SSLContext.getInstance("TLS");
        tls.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return tls;
    }

    private void make(
            String name,
            KeyPair pair,
            PrivateKey signer,
            org.bouncycastle.asn1.ASN1ObjectIdentifier extension,
            org.bouncycastle.asn1.ASN1Object value)
            throws Exception {
        // A clock that a test puts back is still within it.
        var now = Instant.now();
        var builder = new JcaX509v3CertificateBuilder(
                new X500Principal("CN=" + AUTHORITY),
                BigInteger.valueOf(all.size() + 1L),
                Date.from(now.minus(Duration.ofDays(1))),
                Date.from(now.plus(Duration.ofDays(90))),
                new X500Principal("CN=" + name),
                pair.getPublic());
        builder.addExtension(extension, extension.equals(Extension.basicConstraints), value);
        var certificate = new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder("SHA384withECDSA").build(signer)));
        all.put(name, new Signed(pair.getPrivate(), certificate));
    }

    private static KeyPair pair() throws GeneralSecurityException {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private Path pem(String file, String label, byte[] content) throws IOException {
        var text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return Files.writeString(
                folder.resolve(file), "-----BEGIN %1$s-----%n%2$s%n-----END %1$s-----%n".formatted(label, text));
    }
}
