package com.bytefreezer.connector.testing;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;

/** S3Proxy in this JVM, whose clock and buckets a test can change behind its back. */
public final class S3ProxyServer extends S3Server {
    /** Clients with a wrong clock are served, too. */
    private static final int SKEW_SECONDS = 100 * 86_400;

    private final S3Proxy proxy;
    private final Path data;

    private S3ProxyServer(S3Proxy proxy, Path data) {
        super(proxy.getPort());
        this.proxy = proxy;
        this.data = data;
    }

    static S3ProxyServer start() {
        var data = TestTools.temporaryDirectory("s3proxy");
        var proxy = S3Proxy.builder()
                .blobStore(new FilesystemNio2BlobStore(data.toString()))
                .endpoint(URI.create("http://127.0.0.1:0"))
                .maximumTimeSkew(SKEW_SECONDS)
                .awsAuthentication(AuthenticationType.AWS_V4, ACCESS_KEY, SECRET_KEY)
                .build();
        try {
            proxy.start();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return new S3ProxyServer(proxy, data);
    }

    /** Gives an object another LastModified, as a server with another clock or a copy in place does; its ETag stays. */
    public void modified(String bucket, String key, Instant when) throws IOException {
        Files.setLastModifiedTime(data.resolve(bucket).resolve(key), FileTime.from(when));
    }

    public void renameBucket(String from, String to) throws IOException {
        Files.move(data.resolve(from), data.resolve(to));
    }

    @Override
    public void close() {
        super.close();
        try {
            proxy.stop();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        TestTools.deleteFolder(data);
    }
}
