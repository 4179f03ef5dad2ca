package com.bytefreezer.connector.it;

import com.bytefreezer.connector.testing.S3Server;
import org.junit.jupiter.api.Tag;

@Tag("slow")
class LakeOnS3ProxyTest extends LakeContract {
    @Override
    S3Server start() {
        return S3Server.s3proxy();
    }
}
