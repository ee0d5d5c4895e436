// What the static libdbus would link in and a client on a local socket never reaches, in the place of the real ones. A
// static glibc loads its name service modules with dlopen(3), which a static program must not do (D11): so there is
// nobody to find by name, and no socket that an init system has opened for us as a server.
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <sys/socket.h>

#include <cerrno>

extern "C" {

int sd_listen_fds(int /*unset_environment*/) {
  return 0;
}
int sd_is_socket(int /*fd*/, int /*family*/, int /*type*/, int /*listening*/) {
  return 0;
}

int getpwnam_r(const char* /*name*/, passwd* /*entry*/, char* /*buffer*/, size_t /*size*/, passwd** result) {
  *result = nullptr;
  return 0;
}
int getpwuid_r(uid_t /*uid*/, passwd* /*entry*/, char* /*buffer*/, size_t /*size*/, passwd** result) {
  *result = nullptr;
  return 0;
}
int getgrouplist(const char* /*user*/, gid_t /*group*/, gid_t* /*groups*/, int* count) {
  *count = 0;
  return -1;
}

int getaddrinfo(const char* /*node*/, const char* /*service*/, const addrinfo* /*hints*/, addrinfo** /*result*/) {
  return EAI_FAIL;
}
void freeaddrinfo(addrinfo* /*list*/) noexcept {}
int getnameinfo(const sockaddr* /*address*/, socklen_t /*length*/, char* /*host*/, socklen_t /*host_size*/,
                char* /*service*/, socklen_t /*service_size*/, int /*flags*/) {
  return EAI_FAIL;
}
const char* gai_strerror(int /*code*/) noexcept {
  return "no name service";
}

} // extern "C"
