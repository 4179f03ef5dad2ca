package com.bytefreezer.connector.testing;

import java.net.URI;
import java.nio.file.Path;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;

final class S3ProxyServer extends S3Server {
    private final S3Proxy proxy;
    private final Path data;

    private S3ProxyServer(S3Proxy proxy, Path data) {
        super(proxy.getPort());
        this.proxy = proxy;
        this.data = data;
    }

    static S3Server start() {
        var data = TestTools.temporaryDirectory("s3proxy");
        var proxy = S3Proxy.builder()
                .blobStore(new FilesystemNio2BlobStore(data.toString()))
                .endpoint(URI.create("http://127.0.0.1:0"))
                .awsAuthentication(AuthenticationType.AWS_V4, ACCESS_KEY, SECRET_KEY)
                .build();
        try {
            proxy.start();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return new S3ProxyServer(proxy, data);
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
